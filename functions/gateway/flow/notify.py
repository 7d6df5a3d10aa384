"""One try of one delivery: build the message, sign it, have it sent, and write down what came of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from gateway.domain import receiver, view, webhook
from gateway.domain.job import Job
from gateway.domain.receiver import GONE, URL, Delivery, Webhook
from gateway.flow import webhooks
from gateway.flow.ports import Ports
from gateway.flow.tell import event_of


@dataclass(frozen=True, slots=True)
class _Address:
    """Where a message goes, and what signs it."""

    url: str
    secrets: tuple[bytes, ...]


def attempt(ports: Ports, job: Job, to: str, name: str, root: Callable[[], bytes]) -> Delivery:
    """Try a delivery once, unless it is over; what comes next stands in it.

    Args:
        to: the id of a registered webhook, or ``url``.
        root: brings the deployment's own secret.
    """
    delivery = ports.deliveries.get(job.tenant, name) or Delivery(
        job.tenant, name, job.id, to, event_of(job), ports.now()
    )
    if delivery.over:
        return delivery
    address = _address(ports, job, to, root())
    if address is None:
        return _kept(ports, replace(delivery, status="dropped", next_at=None))
    body = msgspec.json.encode(webhook.message(view.job_document(job, job.base_url, root)))
    began = ports.now()
    signed = webhook.headers(f"msg_{job.id}", began, body, *address.secrets)
    answer = ports.egress.post(address.url, signed, body, webhook.TRY_S)
    if answer.status == GONE and to != URL:
        webhooks.turn_off(ports, job.tenant, to, "its receiver answered 410 Gone")
    return _kept(ports, receiver.tried(delivery, began, ports.now(), answer, _chance(ports)))


def _address(ports: Ports, job: Job, to: str, root: bytes) -> _Address | None:
    """Return where a delivery goes today: a webhook may have got another URL or secret, or be gone."""
    if to == URL:
        secret = ports.webhooks.secret_of_key(job.tenant, job.key_id)
        return _Address(job.webhook_url, webhook.secrets_of(job.key_id, secret, root, ports.now()))
    found: Webhook | None = ports.webhooks.get(job.tenant, to)
    if found is None or found.disabled_at is not None:
        return None
    return _Address(found.url, webhook.secrets_of(found.name, found.secret, root, ports.now()))


def _kept(ports: Ports, delivery: Delivery) -> Delivery:
    ports.deliveries.save(delivery)
    return delivery


def _chance(ports: Ports) -> float:
    return int.from_bytes(ports.random(4)) / 2**32
