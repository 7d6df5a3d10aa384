"""Webhooks: the secret that signs what a key is told."""

from gateway.domain import webhook
from gateway.handlers import _wiring
from gateway.handlers._call import Event, Reply, Route, caller
from gateway.handlers._reply import reply


def _secret(event: Event) -> Reply:
    secret = webhook.secret_of(caller(event, "read").key_id, _wiring.link_secret())
    return reply(200, {"object": "webhook_secret", "secret": webhook.shown(secret)})


ROUTES: dict[tuple[str, str], Route] = {("GET", "webhook-secret"): _secret}
