"""Keys that are not sent: each is exchanged for a token, which is sent until it is over.

Rule: where that is done is the catalogue's to say, never the key's own: a caller's key names no host for us.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from urllib.parse import urlencode

import msgspec

from gateway.domain.outcome import Failure
from gateway.plan import Provider
from gateway.protocols import jwt, mapping
from gateway.protocols.content import json as json_of
from gateway.protocols.http import HttpRequest, HttpResponse
from gateway.wire import Auth

LIFE_S = 3600
# A token is not used in its last minutes: clocks differ, and a call may take its time.
MARGIN_S = 300
_PROJECT = re.compile(r"[a-z0-9][a-z0-9.:-]{0,99}")
_WORD = re.compile(r"[a-z_]{1,60}")
_CODES = {408: "timeout", 429: "capacity", 504: "timeout"}
_TOKEN = re.compile(r"[!-~]{1,8192}")
_NO_KEY = (
    "the key is not what this provider takes: a service account's key file, which is JSON with client_email, "
    "project_id and private_key (RSA, PKCS #8)"
)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a call goes out with: a key, or the token that it was exchanged for.

    Args:
        names: what addresses may name of its account.
        until: when to ask for the next one.
    """

    secret: str = field(repr=False)
    names: dict[str, str] = field(default_factory=dict)
    until: float = inf


def plain(provider: Provider, secret: str) -> Grant | Failure:
    """Take a key that is sent itself, if a header can carry it."""
    if secret.isascii() and secret.isprintable():
        return Grant(secret)
    message = f"the key of {provider.name} is no key: it has line breaks or letters that no header carries"
    return Failure("credential", "key_unusable", message)


class _KeyFile(msgspec.Struct):
    """Never printed."""

    client_email: str
    project_id: str
    private_key: str
    private_key_id: str = ""


def request(provider: Provider, secret: str, now: float) -> HttpRequest | Failure:
    """Ask for a token."""
    try:
        assertion = EXCHANGES[provider.auth.scheme](provider.auth, secret, now)
    except ValueError:  # what it says may hold a piece of the key
        return Failure("credential", "key_unusable", _NO_KEY)
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    return HttpRequest("POST", provider.auth.token_url, headers, urlencode(form).encode())


def read(provider: Provider, secret: str, answer: HttpResponse | Failure, now: float) -> Grant | Failure:
    """Tell what the answer means."""
    if isinstance(answer, Failure):
        return Failure(
            answer.error, f"token_{answer.code}", f"{provider.name} gave no token: {answer.message}"
        )
    body = json_of(answer)
    token, lasts_s = mapping.first(body, "access_token"), mapping.number(mapping.first(body, "expires_in"))
    if answer.status != 200 or not isinstance(token, str) or not _TOKEN.fullmatch(token):
        return _refused(provider, answer.status, mapping.text(mapping.first(body, "error")))
    return Grant(token, {"project": _key_file(secret).project_id}, now + min(lasts_s or 0, LIFE_S) - MARGIN_S)


def _refused(provider: Provider, status: int, word: str) -> Failure:
    """Say why there is no token. What is told beside the word may repeat what we sent, and stays out."""
    error = _CODES.get(status, "credential" if 400 <= status < 500 else "transient")
    said = word if _WORD.fullmatch(word) else "malformed" if status == 200 else str(status)
    message = f"{provider.name} gave no token for this key: its token endpoint answered {status} ({said})"
    return Failure(error, f"token_{said}", message)


def _service_account(auth: Auth, secret: str, now: float) -> str:
    """Write what a service account signs.

    Source: RFC 7523; google-auth 2.63.0 (Python), ``oauth2/service_account.py``, read 2026-11-25.
    """
    from gateway.protocols import rsa  # only such a key pays for it

    file = _key_file(secret)
    claims = {
        "iss": file.client_email,
        "scope": auth.scope,
        "aud": auth.token_url,
        "iat": int(now),
        "exp": int(now) + LIFE_S,
    }
    head = {"alg": "RS256", "typ": "JWT", "kid": file.private_key_id}
    key = rsa.key_of(file.private_key)
    return jwt.signed(head, claims, lambda text: rsa.sign(key, text))


def _key_file(secret: str) -> _KeyFile:
    try:
        file = msgspec.json.decode(secret, type=_KeyFile)
    except RecursionError:
        raise ValueError("too deep") from None
    if not _PROJECT.fullmatch(file.project_id):
        raise ValueError("no project's id")
    return file


EXCHANGES: dict[str, Callable[[Auth, str, float], str]] = {"service_account": _service_account}
# What an address may name, by scheme.
NAMES = {"service_account": ("project",)}
