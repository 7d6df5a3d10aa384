"""Models: what can be asked for, what it takes and costs."""

from gateway.domain import routing, view
from gateway.handlers import _wiring
from gateway.handlers._call import Event, Reply, Route, caller
from gateway.handlers._reply import reply

_ports = _wiring.the_ports()


def _list(event: Event) -> Reply:
    caller(event, "read")
    routes = [route for route in _ports.plan.routes.values() if route.listed]
    return reply(
        200, {"object": "list", "data": [view.model_document(_ports.plan, route) for route in routes]}
    )


def _get(event: Event, name: str) -> Reply:
    caller(event, "read")
    return reply(200, view.model_document(_ports.plan, routing.route_of(_ports.plan, name)))


ROUTES: dict[tuple[str, str], Route] = {("GET", "models"): _list, ("GET", "models/{name}"): _get}
