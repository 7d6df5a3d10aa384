"""A webhook's words and its signature, after Standard Webhooks v1.

Source: github.com/standard-webhooks/standard-webhooks, spec 1.0.0.
"""

import base64
import hashlib
import hmac


def secret_of(key_id: str, root: bytes) -> bytes:
    """Return the signing secret of a key, derived, so that nothing more has to be stored.

    Args:
        root: the deployment's own link secret.
    """
    return hmac.new(root, b"webhook:" + key_id.encode(), hashlib.sha256).digest()


def shown(secret: bytes) -> str:
    """Write a secret as receivers' libraries take it."""
    return "whsec_" + base64.b64encode(secret).decode()


def headers(message_id: str, now: float, body: bytes, secret: bytes) -> dict[str, str]:
    """Return the three headers of one delivery; the timestamp is that of this try."""
    signed = b".".join((message_id.encode(), str(int(now)).encode(), body))
    signature = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now)),
        "webhook-signature": f"v1,{signature}",
    }
