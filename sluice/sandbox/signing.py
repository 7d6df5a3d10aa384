"""Proofs that a call comes from the sandbox, in the forms that providers use; its keys are no secrets."""

import base64
import hmac
import time
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_KEY = Ed25519PrivateKey.from_private_bytes(sha256(b"the sandbox").digest())


def public_keys() -> dict[str, object]:
    """Return the key that ``signed`` signs with as a set of JSON web keys."""
    x = base64.urlsafe_b64encode(_KEY.public_key().public_bytes_raw()).rstrip(b"=").decode()
    return {"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "1", "x": x}]}


def signed(message: str) -> str:
    """Sign a text with Ed25519, in hexadecimal."""
    return _KEY.sign(message.encode()).hex()


def webhook_secret(account: str) -> str:
    """Return the secret of an account, as Standard Webhooks write it."""
    return "whsec_" + base64.b64encode(sha256(account.encode()).digest()).decode()


def webhook_headers(secret: str, name: str, body: bytes) -> dict[str, str]:
    """Sign a message as Standard Webhooks do."""
    now = str(int(time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    proof = base64.b64encode(hmac.digest(key, f"{name}.{now}.".encode() + body, "sha256")).decode()
    return {"webhook-id": name, "webhook-timestamp": now, "webhook-signature": f"v1,{proof}"}
