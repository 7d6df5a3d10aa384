"""A webhook's words, its signature and its schedule, after Standard Webhooks v1.

Secrets are derived from the deployment's own, a name and a generation: nothing is stored that could be
stolen, and a rotation is a number that grows by one.

Source: github.com/standard-webhooks/standard-webhooks, spec 1.0.0.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

EVENTS = ("job.succeeded", "job.failed", "job.canceled", "job.expired")
# Pauses after each failed try but the last: ten tries over 75 hours.
PAUSES_S = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
# The largest share that chance adds to a pause, so that what failed together does not come back together.
JITTER = 0.1
LONGEST_PAUSE_S = 86_400
TRY_S = 20
# How long the secret before a rotation goes on signing.
OVERLAP_S = 86_400
_THROTTLED = (429, 503)


@dataclass(frozen=True, slots=True)
class Secret:
    """Which secret signs: how often it was rotated, plus one; and when that was, last."""

    generation: int = 1
    rotated_at: float = 0

    def rotated(self, now: float) -> "Secret":
        """Return the next one."""
        return Secret(self.generation + 1, now)


def secret_of(name: str, root: bytes, generation: int = 1) -> bytes:
    """Return a signing secret.

    Args:
        name: a key's id, or tenant and id of a registered webhook.
        root: the deployment's own link secret.
    """
    turn = "" if generation == 1 else f"#{generation}"
    return hmac.new(root, f"webhook:{name}{turn}".encode(), hashlib.sha256).digest()


def secrets_of(name: str, secret: Secret, root: bytes, now: float) -> tuple[bytes, ...]:
    """Return what signs now, the newest first: two for a day after a rotation."""
    newest = secret_of(name, root, secret.generation)
    if secret.generation == 1 or now >= secret.rotated_at + OVERLAP_S:
        return (newest,)
    return newest, secret_of(name, root, secret.generation - 1)


def shown(secret: bytes) -> str:
    """Write a secret as receivers' libraries take it."""
    return "whsec_" + base64.b64encode(secret).decode()


def headers(message_id: str, now: float, body: bytes, *secrets: bytes) -> dict[str, str]:
    """Return the headers of one try, signed with each secret; the timestamp is that of this try."""
    at = str(int(now))
    signed = b".".join((message_id.encode(), at.encode(), body))
    macs = (hmac.new(secret, signed, hashlib.sha256).digest() for secret in secrets)
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": at,
        "webhook-signature": " ".join(f"v1,{base64.b64encode(mac).decode()}" for mac in macs),
    }


def message(job: dict[str, Any]) -> dict[str, Any]:
    """Return what receivers are told of a job that has ended.

    Args:
        job: the job as ``GET /v1/jobs/{id}`` shows it.
    """
    event = f"job.{job['status']}"
    return {
        "type": event,
        "timestamp": job["finished_at"],
        "event": event,
        "id": job["id"],
        "output_url": job["output_url"],
        "data": job,
    }


def pause_s(tried: int, status: int, retry_after_s: float | None, chance: float) -> float | None:
    """Return how long to wait after a failed try; nothing after the last.

    Args:
        tried: how many tries there were, this one included.
        retry_after_s: counts where the receiver throttles, for a day at most; no pause gets shorter by it.
        chance: from 0 to 1, below 1.

    >>> pause_s(1, 500, None, 0), pause_s(2, 429, 7200, 0), pause_s(10, 500, None, 0)
    (5.0, 7200, None)
    """
    if tried > len(PAUSES_S):
        return None
    asked_s = retry_after_s or 0 if status in _THROTTLED else 0
    return max(PAUSES_S[tried - 1] * (1 + JITTER * chance), min(asked_s, LONGEST_PAUSE_S))
