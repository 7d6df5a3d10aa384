"""Write a JSON web token (RFC 7515): a head and claims, signed by whom it may concern."""

import base64
from collections.abc import Callable, Mapping

import msgspec


def signed(head: Mapping[str, str], claims: Mapping[str, object], sign: Callable[[bytes], bytes]) -> str:
    """Write a token."""
    unsigned = f"{_base64url(msgspec.json.encode(head))}.{_base64url(msgspec.json.encode(claims))}"
    return f"{unsigned}.{_base64url(sign(unsigned.encode()))}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
