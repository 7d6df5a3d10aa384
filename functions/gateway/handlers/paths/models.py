"""Models: what can be asked for, what it takes and costs."""

from gateway.domain import routing, selection, view
from gateway.handlers import _wiring
from gateway.handlers._call import Event, Reply, Route, caller, page_size
from gateway.handlers._reply import reply

_ports = _wiring.the_ports()
# Many clients read one page only. An answer may have 6 MB, and a model takes less than 2 KB in the mean.
PAGE = 2000


def _list(event: Event) -> Reply:
    caller(event, "read")
    plan, query = _ports.plan, event.get("queryStringParameters") or {}
    found = selection.select(plan, selection.wanted(plan, query, ("limit", "after")))
    routes, more = selection.page(found, page_size(event, PAGE, PAGE), query.get("after", ""))
    return reply(
        200,
        {
            "object": "list",
            "data": [view.model_document(plan, route) for route in routes],
            "has_more": more,
            "last_id": routes[-1].name if routes else None,
        },
    )


def _get(event: Event, name: str) -> Reply:
    caller(event, "read")
    return reply(200, view.model_document(_ports.plan, routing.route_of(_ports.plan, name)))


ROUTES: dict[tuple[str, str], Route] = {("GET", "models"): _list, ("GET", "models/{name}"): _get}
