"""The gateway itself: its health, its providers', its document."""

from gateway.flow import health
from gateway.handlers import _wiring
from gateway.handlers._call import Event, Reply, Route, caller
from gateway.handlers._reply import reply

_ports = _wiring.the_ports()


def _health(event: Event) -> Reply:
    return reply(200, {"status": "ok", "plan": _ports.plan.hash})


def _openapi(event: Event) -> Reply:
    text = (_wiring.PACKAGE / "openapi.json").read_text()
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": text}


def _providers(event: Event) -> Reply:
    caller(event, "read")
    return reply(200, {"object": "list", "data": health.targets(_ports)})


ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/health"): _health,
    ("GET", "/openapi.json"): _openapi,
    ("GET", "health/providers"): _providers,
}
