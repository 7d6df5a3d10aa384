"""How a key is sent: as a header, or by one of the named schemes that the catalogue may call for."""

import hmac
from collections.abc import Callable

from gateway.protocols import jwt
from gateway.wire import Auth


def headers(auth: Auth, secret: str, now: float) -> dict[str, str]:
    """Return the headers that prove who we are.

    Args:
        secret: the key, or the token that it was exchanged for (``protocols.grant``).
    """
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
    token = jwt.signed(
        {"alg": "HS256", "typ": "JWT"}, claims, lambda text: hmac.digest(key.encode(), text, "sha256")
    )
    return f"Bearer {token}"


SCHEMES: dict[str, Callable[[str, float], str]] = {"key_pair": _key_pair}
