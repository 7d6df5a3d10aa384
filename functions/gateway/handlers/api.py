"""The API: an HTTP event becomes one call of a route, its result a reply."""

from typing import Any
from urllib.parse import unquote

from gateway.errors import NotFound
from gateway.handlers import _wiring
from gateway.handlers._call import Route, names, path
from gateway.handlers._guard import guarded
from gateway.handlers.paths import (
    about,
    batches,
    destinations,
    files,
    jobs,
    models,
    replay,
    uploads,
    webhooks,
)

_ports = _wiring.the_ports()
ROUTES: dict[tuple[str, str], Route] = {
    **about.ROUTES,
    **batches.ROUTES,
    **destinations.ROUTES,
    **files.ROUTES,
    **jobs.ROUTES,
    **models.ROUTES,
    **replay.ROUTES,
    **uploads.ROUTES,
    **webhooks.ROUTES,
}


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Serve one request."""
    return guarded(event, _ports.plan.hash, _answer)


def _answer(event: dict[str, Any]) -> dict[str, Any]:
    """Call the route of a path; a POST to a path that no route has is a model's name."""
    method, asked = event["httpMethod"], path(event)
    below = asked.removeprefix("/v1/")
    offered = False
    for (verb, pattern), route in ROUTES.items():
        found = names(pattern, below)
        if found is None:
            continue
        if verb == method:
            return route(event, *found)
        offered = True
    if method == "POST" and below != asked and not offered:
        return jobs.generate(event, unquote(below))
    raise NotFound(
        f"{method} {asked} is not offered; GET /openapi.json lists what is.", code="path_not_found"
    )
