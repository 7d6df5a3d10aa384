"""The signed link to a delivered file: ``<id>`` names the object and its end, the signature proves both.

The link works without a key until retention ends. It holds no secret: whoever has it may fetch that file.
Other signed names are made in the same way, each for a purpose of its own, so that none stands for another.
"""

import base64
import hashlib
import hmac

from gateway.errors import Forbidden, Gone

FILE = b"file:"


def sign(key: str, expires_at: float, secret: bytes, purpose: bytes = FILE) -> str:
    """Return the file id for an object key: ``base64url(expiry ":" key) "." signature``."""
    text = f"{int(expires_at)}:{key}".encode()
    return f"{_encode(text)}.{_encode(mac(purpose + text, secret))}"


def verify(file_id: str, now: float, secret: bytes, purpose: bytes = FILE) -> str:
    """Return the object key of a file id.

    Raises:
        Forbidden: the signature is not ours.
        Gone: the retention time is over.
    """
    text, _, signature = file_id.partition(".")
    try:
        payload = _decode(text)
        genuine = hmac.compare_digest(_decode(signature), mac(purpose + payload, secret))
    except ValueError:
        genuine = False
    if not genuine:
        raise Forbidden(
            "this link is not signed by this gateway; take 'output_url' from GET /v1/jobs/{id}.",
            code="link_invalid",
        )
    expiry, _, key = payload.decode().partition(":")
    if now >= int(expiry):
        raise Gone("the retention time of this file is over.", code="link_expired")
    return key


def mac(text: bytes, secret: bytes) -> bytes:
    """Prove that we wrote a text."""
    return hmac.new(secret, text, hashlib.sha256).digest()[:16]


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
