"""Who is told how a job ended, and what came of it: registered webhooks, deliveries and their tries."""

from dataclasses import dataclass, field, replace
from typing import Any

from gateway.domain.address import Posted
from gateway.domain.pacing import timestamp
from gateway.domain.webhook import Secret, pause_s

# Stands for the URL that a request brought, where a registered webhook has its id.
URL = "url"
EVERY = "*"
GONE = 410


@dataclass(frozen=True, slots=True)
class Webhook:
    """A registered webhook of a tenant.

    Args:
        events: that it is told of; ``*`` stands for all.
        key_id: the key whose jobs it is told of; empty means all of the tenant's.
        disabled_at, disabled_why: since when it is told nothing, and for what reason.
        version: counts writes; a writer that read an older one is refused.
    """

    tenant: str
    id: str
    url: str
    events: tuple[str, ...]
    created_at: float
    key_id: str = ""
    secret: Secret = field(default_factory=Secret)
    disabled_at: float | None = None
    disabled_why: str = ""
    version: int = 0

    @property
    def name(self) -> str:
        """Return what its secrets are derived from."""
        return f"{self.tenant}/{self.id}"

    def wants(self, event: str, key_id: str) -> bool:
        """Tell whether an event of a key's job is one of its own."""
        of_events = EVERY in self.events or event in self.events
        return self.disabled_at is None and of_events and self.key_id in ("", key_id)


@dataclass(frozen=True, slots=True)
class Try:
    """One try: the receiver's status, or 0 and in a word why there was none."""

    at: float
    status: int
    problem: str
    ms: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """The telling of one receiver, once or, on demand, again.

    Args:
        webhook: the id of a registered one, or ``url``.
        status: pending, delivered, failed, or dropped: its webhook was deleted or turned off meanwhile.
        next_at: when it is tried again.
    """

    tenant: str
    id: str
    job: str
    webhook: str
    event: str
    created_at: float
    status: str = "pending"
    tries: tuple[Try, ...] = ()
    next_at: float | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more is tried."""
        return self.status != "pending"


def delivery_id(job_id: str, webhook: str, run: int = 1) -> str:
    """Name a delivery by what it is, so that beginning it twice is beginning it once.

    >>> delivery_id("gw_1", "url"), delivery_id("gw_1", "wh_2", run=3)
    ('gw_1-url', 'gw_1-wh_2-3')
    """
    return f"{job_id}-{webhook}" if run == 1 else f"{job_id}-{webhook}-{run}"


def tried(delivery: Delivery, began: float, now: float, answer: Posted, chance: float) -> Delivery:
    """Add a try, and say what comes next: nothing more after a 2xx, a 410 or the last one."""
    one = Try(began, answer.status, answer.problem, round((now - began) * 1000))
    after = replace(delivery, tries=(*delivery.tries, one), next_at=None)
    if 200 <= answer.status < 300:
        return replace(after, status="delivered")
    pause = pause_s(len(after.tries), answer.status, answer.retry_after_s, chance)
    if answer.status == GONE or pause is None:
        return replace(after, status="failed")
    return replace(after, next_at=now + pause)


def webhook_document(webhook: Webhook, secret: str = "") -> dict[str, Any]:
    """Write a webhook as its admin reads it; with its secret only when that is new."""
    disabled = {"at": _time(webhook.disabled_at), "reason": webhook.disabled_why}
    return {
        "id": webhook.id,
        "object": "webhook",
        "url": webhook.url,
        "events": list(webhook.events),
        "key_id": webhook.key_id or None,
        "created_at": _time(webhook.created_at),
        "enabled": webhook.disabled_at is None,
        "disabled": disabled if webhook.disabled_at is not None else None,
        **({"secret": secret} if secret else {}),
    }


def delivery_document(delivery: Delivery) -> dict[str, Any]:
    """Write a delivery with each of its tries; the receiver's URL is not repeated."""
    return {
        "id": delivery.id,
        "object": "webhook_delivery",
        "job": delivery.job,
        "webhook_id": None if delivery.webhook == URL else delivery.webhook,
        "event": delivery.event,
        "status": delivery.status,
        "created_at": _time(delivery.created_at),
        "next_try_at": _time(delivery.next_at),
        "tries": [
            {"at": _time(one.at), "status": one.status or None, "problem": one.problem or None, "ms": one.ms}
            for one in delivery.tries
        ],
    }


def _time(at: float | None) -> str | None:
    return None if at is None else timestamp(at)
