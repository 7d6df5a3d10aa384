"""How a key is sent: as a header, or by one of the named schemes that the catalogue may call for."""

import base64
import hashlib
import hmac
from collections.abc import Callable

import msgspec

from gateway.wire import Auth


def headers(auth: Auth, secret: str, now: float) -> dict[str, str]:
    """Return the headers that prove who we are."""
    scheme = SCHEMES.get(auth.scheme)
    value = scheme(secret, now) if scheme else auth.value.format(secret=secret)
    return {auth.header: value, **auth.headers}


def _key_pair(secret: str, now: float) -> str:
    """Sign a token with an access key and a secret key (``ACCESS:SECRET``); one plain key is sent as it is.

    Source: AI SDK package klingai, 2026-08-22: HS256, ``exp`` in half an hour, ``nbf`` five seconds ago.
    """
    access, colon, key = secret.partition(":")
    if not colon:
        return f"Bearer {secret}"
    claims = {"iss": access, "exp": int(now) + 1800, "nbf": int(now) - 5}
    unsigned = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    signature = hmac.new(key.encode(), unsigned.encode(), hashlib.sha256).digest()
    return f"Bearer {unsigned}.{_base64url(signature)}"


def _part(value: dict[str, object]) -> str:
    return _base64url(msgspec.json.encode(value))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


SCHEMES: dict[str, Callable[[str, float], str]] = {"key_pair": _key_pair}
