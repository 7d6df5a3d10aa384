"""What is answered while it comes. ``gateway.runtime`` streams it; any other runtime gets it in one piece."""

from functools import partial
from importlib import import_module
from typing import Any

from gateway.errors import NotFound
from gateway.flow.watch import LAST_S
from gateway.handlers import _wiring
from gateway.handlers._call import Event, Live, Reply, names, path
from gateway.handlers._guard import guarded
from gateway.handlers._reply import Streamed
from gateway.handlers.paths import LIVE

_ports = _wiring.the_ports()


def handler(event: Event, context: Any) -> Any:
    """Serve one request: as status, headers and an iterator if the runtime takes a stream."""
    streams = getattr(context, "streams", False)
    answer = guarded(event, _ports.plan.hash, partial(_answer, context=context, streams=streams))
    return (answer.status, answer.headers, answer.body) if isinstance(answer, Streamed) else answer


def _answer(event: Event, context: Any, streams: bool) -> Reply | Streamed:
    asked, method = path(event), event["httpMethod"]
    for pattern, module in LIVE.items():
        found = names(pattern, asked.removeprefix("/v1/"))
        if found is None:
            continue
        routes: dict[tuple[str, str], Live] = import_module(f"gateway.handlers.paths.{module}").ROUTES
        if route := routes.get((method, pattern)):
            left_s = context.get_remaining_time_in_millis() / 1000 - LAST_S
            answer = route(event, *found, left_s=left_s, streams=streams)
            return answer if streams or not isinstance(answer, Streamed) else answer.whole()
    raise NotFound(f"{method} {asked} is not streamed.", code="path_not_found")
