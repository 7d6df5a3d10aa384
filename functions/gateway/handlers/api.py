"""The API: an HTTP event becomes one call of a route, its result a reply."""

import time
from typing import Any
from urllib.parse import unquote

from gateway.errors import GatewayError, NotFound, OurError
from gateway.handlers import _wiring
from gateway.handlers._call import Route, names, path
from gateway.handlers._reply import refusal
from gateway.handlers.paths import about, batches, files, jobs, models, replay, uploads, webhooks

_ports = _wiring.the_ports()
ROUTES: dict[tuple[str, str], Route] = {
    **about.ROUTES,
    **batches.ROUTES,
    **files.ROUTES,
    **jobs.ROUTES,
    **models.ROUTES,
    **replay.ROUTES,
    **uploads.ROUTES,
    **webhooks.ROUTES,
}


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Serve one request."""
    began = time.monotonic()
    headers = {"x-sluice-plan": _ports.plan.hash}
    try:
        answer = _answer(event)
    except GatewayError as error:
        answer = refusal(error, headers)
    except Exception as error:
        _wiring.logger.error(
            "a request failed", path=_shape(event), error=type(error).__name__, exc_info=True
        )
        unknown = OurError("something broke here; it is in the log.", code="internal_error", retryable=True)
        answer = refusal(unknown, headers)
    answer["headers"] |= headers
    answer["headers"].setdefault("x-sluice-overhead-ms", str(round((time.monotonic() - began) * 1000)))
    return answer


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


def _shape(event: dict[str, Any]) -> str:
    return f"{event.get('httpMethod')} {event.get('resource')}"
