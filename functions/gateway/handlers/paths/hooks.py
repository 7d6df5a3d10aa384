"""Webhooks as Segmind's SDK registers them; they are our own, and sign and repeat as those do."""

from typing import Any

from gateway.domain import receiver, segmind, webhook
from gateway.domain.receiver import Webhook
from gateway.flow import webhooks
from gateway.handlers import _wiring
from gateway.handlers._call import LONGEST_PAGE, Event, Reply, Route, body, caller, own_hosts
from gateway.handlers._reply import reply
from gateway.handlers.paths.segmind import told

_ports = _wiring.the_ports()


@told
def _list(event: Event) -> Reply:
    kept = _ports.webhooks.of(caller(event, "admin").tenant)
    return reply(200, {"webhooks": [segmind.webhook(each) for each in kept]})


@told
def _add(event: Event) -> Reply:
    """Register a webhook; its secret is in this answer alone."""
    admin, wanted = caller(event, "admin"), segmind.webhook_fields(body(event))
    made = webhooks.register(_ports, admin.tenant, wanted, own_hosts(event))
    _wiring.logger.info("webhook made", webhook=made.id, key=admin.key_id)
    return reply(200, {**segmind.webhook(made), "secret": _secret(made)})


@told
def _update(event: Event) -> Reply:
    admin, given = caller(event, "admin"), body(event)
    wanted = segmind.webhook_fields(given)
    changed = webhooks.change(_ports, admin.tenant, str(given.get("webhook_id")), wanted, own_hosts(event))
    return reply(200, segmind.webhook(changed))


@told
def _remove(event: Event) -> Reply:
    tenant = caller(event, "admin").tenant
    gone = webhooks.find(_ports, tenant, _asked(event))
    _ports.webhooks.delete(tenant, gone.id)
    return reply(200, {"webhook_id": gone.id, "message": "Webhook is inactive"})


@told
def _logs(event: Event) -> Reply:
    tenant = caller(event, "admin").tenant
    page, _ = webhooks.deliveries(_ports, tenant, _asked(event), LONGEST_PAGE, "")
    return reply(200, {"logs": [receiver.delivery_document(each) for each in page]})


def _secret(made: Webhook) -> str:
    return webhook.shown(webhook.secret_of(made.name, _wiring.link_secret(), made.secret.generation))


def _asked(event: Event) -> str:
    query: dict[str, Any] = event.get("queryStringParameters") or {}
    return str(query.get("webhook_id") or "")


ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/webhook/get"): _list,
    ("POST", "/webhook/add"): _add,
    ("POST", "/webhook/update"): _update,
    ("GET", "/webhook/inactive"): _remove,
    ("GET", "/webhook/dispatch-logs"): _logs,
}
