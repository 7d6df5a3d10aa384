"""Service accounts as the sandbox knows them: whoever makes a key file here may ask for tokens with it.

A file's key id is its public key, so that a server that has never seen the file can check what was signed.
Source: google-auth 2.63.0 (Python), ``oauth2/service_account.py``, read 2026-11-25; RFC 7523.
"""

import base64
import json
import secrets
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

ENDPOINT = "https://oauth2.googleapis.com/token"
PROJECT = "sandbox-project"
LIFE_S = 3600
SKEW_S = 600
# An account whose name begins so is one that nobody has made.
UNKNOWN = "invalid"
_E, _BITS = 65537, 2048


class Unproven(ValueError):
    """What was signed proves nothing; says why, in the words of a token endpoint."""


def key_file(endpoint: str = ENDPOINT, *, name: str = "sandbox") -> str:
    """Make a key file, as it is downloaded."""
    key = generate_private_key(_E, _BITS)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    n = key.public_key().public_numbers().n
    found = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": base64.urlsafe_b64encode(n.to_bytes(_BITS // 8)).rstrip(b"=").decode(),
        "private_key": pem,
        "client_email": f"{name}@{PROJECT}.iam.gserviceaccount.com",
        "client_id": "100000000000000000001",
        "token_uri": endpoint,
    }
    return json.dumps(found, indent=2)


def token() -> str:
    """Make an access token; nobody checks it but for how it begins."""
    return f"ya29.{secrets.token_urlsafe(48)}"


def account_of(assertion: str, audiences: tuple[str, ...], scope: str, now: float) -> str:
    """Check what an account has signed, and return its address.

    Raises:
        Unproven: it is not signed by the key that it names, not for here, or not for now.
    """
    unsigned, _, signature = assertion.rpartition(".")
    head, _, body = unsigned.partition(".")
    try:
        told, claims = _opened(head), _opened(body)
        key = RSAPublicNumbers(_E, int.from_bytes(_bytes(str(told.get("kid", ""))))).public_key()
        key.verify(_bytes(signature), unsigned.encode(), PKCS1v15(), SHA256())
    except (ValueError, InvalidSignature):
        raise Unproven("Invalid JWT Signature.") from None
    if told.get("alg") != "RS256":
        raise Unproven("Invalid JWT: its algorithm is not RS256.")
    if claims.get("aud") not in audiences:
        raise Unproven("Invalid JWT: Failed audience check.")
    if scope not in str(claims.get("scope", "")).split():
        raise Unproven("Invalid OAuth scope or ID token audience provided.")
    begin, end = _number(claims, "iat"), _number(claims, "exp")
    if not begin - SKEW_S <= now < end or end - begin > LIFE_S:
        raise Unproven(
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
        )
    if not (name := str(claims.get("iss", ""))) or name.startswith(UNKNOWN):
        raise Unproven("Invalid grant: account not found")
    return name


def _number(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _opened(part: str) -> dict[str, Any]:
    value = json.loads(_bytes(part))
    return value if isinstance(value, dict) else {}


def _bytes(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
