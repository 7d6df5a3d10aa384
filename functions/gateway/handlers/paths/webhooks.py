"""Webhooks: registered ones, the secret that signs what a key is told, deliveries and their repetition."""

from typing import Any

from gateway.domain import receiver, webhook
from gateway.domain.receiver import Webhook
from gateway.domain.webhook import Secret
from gateway.errors import InvalidRequest, NotFound
from gateway.flow import tell, webhooks
from gateway.handlers import _wiring
from gateway.handlers._call import Event, Reply, Route, body, caller, own_hosts, page_size
from gateway.handlers._repeat import taking
from gateway.handlers._reply import reply

_ports = _wiring.the_ports()


def _key_secret(event: Event) -> Reply:
    sender = caller(event, "read")
    return _of_key(sender.key_id, _ports.webhooks.secret_of_key(sender.tenant, sender.key_id))


def _rotate_key_secret(event: Event) -> Reply:
    sender = caller(event, "submit")
    take, headers = taking(event, sender, {})
    return _of_key(sender.key_id, webhooks.rotate_key(_ports, sender.tenant, sender.key_id, take), headers)


def _of_key(key_id: str, secret: Secret, headers: dict[str, str] | None = None) -> Reply:
    newest = webhook.secret_of(key_id, _wiring.link_secret(), secret.generation)
    return reply(200, {"object": "webhook_secret", "secret": webhook.shown(newest)}, headers)


def _create(event: Event) -> Reply:
    admin, given = caller(event, "admin"), body(event)
    take, headers = taking(event, admin, given)
    made = webhooks.register(_ports, admin.tenant, given, own_hosts(event), take)
    _wiring.logger.info("webhook made", webhook=made.id, key=admin.key_id)
    return reply(201, _with_secret(made), headers)


def _list(event: Event) -> Reply:
    found = _ports.webhooks.of(caller(event, "admin").tenant)
    return reply(200, {"object": "list", "data": [receiver.webhook_document(each) for each in found]})


def _get(event: Event, id: str) -> Reply:
    found = webhooks.find(_ports, caller(event, "admin").tenant, id)
    return reply(200, receiver.webhook_document(found))


def _change(event: Event, id: str) -> Reply:
    tenant = caller(event, "admin").tenant
    changed = webhooks.change(_ports, tenant, id, body(event), own_hosts(event))
    return reply(200, receiver.webhook_document(changed))


def _delete(event: Event, id: str) -> Reply:
    tenant = caller(event, "admin").tenant
    found = webhooks.find(_ports, tenant, id)
    _ports.webhooks.delete(tenant, found.id)
    return reply(200, {"id": found.id, "object": "webhook", "deleted": True})


def _rotate(event: Event, id: str) -> Reply:
    admin = caller(event, "admin")
    take, headers = taking(event, admin, {})
    return reply(200, _with_secret(webhooks.rotate(_ports, admin.tenant, id, take)), headers)


def _with_secret(found: Webhook) -> dict[str, Any]:
    newest = webhook.secret_of(found.name, _wiring.link_secret(), found.secret.generation)
    return receiver.webhook_document(found, webhook.shown(newest))


def _deliveries(event: Event, id: str) -> Reply:
    tenant, asked = caller(event, "admin").tenant, event.get("queryStringParameters") or {}
    page, last = webhooks.deliveries(_ports, tenant, id, page_size(event), str(asked.get("after") or ""))
    return reply(200, {**_listed(page), "has_more": last is not None, "last_id": last})


def _deliveries_of_job(event: Event, job_id: str) -> Reply:
    tenant = caller(event, "read").tenant
    if _ports.jobs.get(tenant, job_id) is None:
        raise NotFound(f"no job {job_id[:40]!r} under this key's tenant.", code="job_not_found", param="id")
    return reply(200, _listed(_ports.deliveries.of_job(tenant, job_id)))


def _redeliver(event: Event, job_id: str) -> Reply:
    sender, asked = caller(event, "submit"), body(event) if event.get("body") else {}
    if unknown := sorted(asked.keys() - {"webhook_id"}):
        wrong = f"{unknown[0]}: is not a field here. Known: webhook_id."
        raise InvalidRequest(wrong, code="unknown_parameter", param=unknown[0])
    to = asked.get("webhook_id") or ""
    if not isinstance(to, str):
        raise InvalidRequest(
            "webhook_id: must be the id of a webhook.", code="invalid_parameter", param="webhook_id"
        )
    take, headers = taking(event, sender, asked)
    begun = tell.again(_ports, sender.tenant, job_id, to, take)
    _wiring.logger.info("told again", job=job_id, deliveries=len(begun))
    return reply(202, _listed(begun), headers)


def _listed(found: Any) -> dict[str, Any]:
    return {"object": "list", "data": [receiver.delivery_document(each) for each in found]}


ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "webhook-secret"): _key_secret,
    ("POST", "webhook-secret"): _rotate_key_secret,
    ("POST", "admin/webhooks"): _create,
    ("GET", "admin/webhooks"): _list,
    ("GET", "admin/webhooks/{id}"): _get,
    ("PATCH", "admin/webhooks/{id}"): _change,
    ("DELETE", "admin/webhooks/{id}"): _delete,
    ("POST", "admin/webhooks/{id}/rotate"): _rotate,
    ("GET", "admin/webhooks/{id}/deliveries"): _deliveries,
    ("GET", "jobs/{id}/deliveries"): _deliveries_of_job,
    ("POST", "jobs/{id}/redeliver"): _redeliver,
}
