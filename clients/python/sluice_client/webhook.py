"""Tell the gateway's webhooks from others'.

Source: github.com/standard-webhooks/standard-webhooks, spec 1.0.0.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

from sluice_client.errors import WebhookInvalid

TOLERANCE_S = 300


def verify_webhook(
    body: bytes | str,
    headers: Mapping[str, str],
    *secrets: str,
    tolerance_s: float = TOLERANCE_S,
    now: float | None = None,
) -> dict[str, Any]:
    """Return a message that the gateway has signed with one of the secrets, not long ago.

    Args:
        body: exactly as it came; parsed and written again it is another text.
        secrets: ``whsec_...``, several of them while they are rotated.

    Raises:
        WebhookInvalid: it is not signed with any, or its time is over.
    """
    named = {name.lower(): value for name, value in headers.items()}
    text = body.encode() if isinstance(body, str) else body
    message, at, said = (named.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    if not (message and said and at.isascii() and at.isdecimal()):
        raise WebhookInvalid("webhook-id, webhook-timestamp or webhook-signature is missing or no such thing")
    if abs((time.time() if now is None else now) - int(at)) > tolerance_s:
        raise WebhookInvalid(f"the message was signed more than {tolerance_s:g} s away from now")
    signed = b".".join((message.encode(), at.encode(), text))
    macs = [hmac.new(_key(secret), signed, hashlib.sha256).digest() for secret in secrets]
    given = [part.removeprefix("v1,") for part in said.split() if part.startswith("v1,")]
    if not any(hmac.compare_digest(base64.b64encode(mac).decode(), each) for mac in macs for each in given):
        raise WebhookInvalid("no signature of the message is from any of these secrets")
    found: dict[str, Any] = json.loads(text)
    return found


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise ValueError("a secret of a webhook begins with 'whsec_', and base64 follows") from error
