"""The API: an HTTP event becomes one call of a route, its result a reply."""

from importlib import import_module
from types import ModuleType
from typing import Any
from urllib.parse import unquote

from gateway.errors import NotFound
from gateway.handlers import _wiring
from gateway.handlers._call import Route, names, path
from gateway.handlers._guard import guarded
from gateway.handlers.paths import PATHS

_ports = _wiring.the_ports()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Serve one request."""
    return guarded(event, _ports.plan.hash, _answer)


def _answer(event: dict[str, Any]) -> dict[str, Any]:
    """Call the route of a path; a POST to a path that no route has is a model's name."""
    method, asked = event["httpMethod"], path(event)
    below = asked.removeprefix("/v1/")
    offered = False
    for pattern, module in PATHS.items():
        found = names(pattern, below)
        if found is None:
            continue
        routes: dict[tuple[str, str], Route] = _loaded(module).ROUTES
        if route := routes.get((method, pattern)):
            return route(event, *found)
        offered = True
    if method == "POST" and below != asked and not offered:
        return _loaded("jobs").generate(event, unquote(below))  # type: ignore[no-any-return]
    raise NotFound(
        f"{method} {asked} is not offered; GET /openapi.json lists what is.", code="path_not_found"
    )


def _loaded(module: str) -> ModuleType:
    """Load a module of ``paths``, once."""
    return import_module(f"gateway.handlers.paths.{module}")
