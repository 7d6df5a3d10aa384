"""The control API of the sandbox, under /_sandbox."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sluice.sandbox.fault import read_fault
from sluice.sandbox.limit import read_limit
from sluice.sandbox.state import Sandbox


def control_routes() -> list[Route]:
    """List the paths of the control API."""
    return [
        Route("/_sandbox/health", _health),
        Route("/_sandbox/requests", _requests),
        Route("/_sandbox/callbacks", _callbacks),
        Route("/_sandbox/reset", _reset, methods=["POST"]),
        Route("/_sandbox/faults/{provider}", _faults, methods=["GET", "PUT", "DELETE"]),
        Route("/_sandbox/limits/{provider}", _limits, methods=["GET", "PUT", "DELETE"]),
    ]


async def _health(request: Request) -> Response:
    sandbox = _sandbox(request)
    return JSONResponse(
        {"status": "ok", "providers": sorted(sandbox.dialects), "render_scale": sandbox.render_scale}
    )


async def _requests(request: Request) -> Response:
    try:
        since = float(request.query_params.get("since", 0))
    except ValueError:
        return _wrong("'since' must be seconds since the epoch")
    provider = request.query_params.get("provider") or None
    return JSONResponse({"requests": _sandbox(request).journal.read(provider, since)})


async def _callbacks(request: Request) -> Response:
    return JSONResponse({"callbacks": [asdict(each) for each in _sandbox(request).caller.made]})


async def _reset(request: Request) -> Response:
    _sandbox(request).reset()
    return JSONResponse({"status": "ok"})


async def _faults(request: Request) -> Response:
    return await _setting(request, "fault", _sandbox(request).faults, read_fault)


async def _limits(request: Request) -> Response:
    return await _setting(request, "limits", _sandbox(request).limits, read_limit)


async def _setting(request: Request, word: str, store: Any, read: Callable[[object], object]) -> Response:
    """Show, set or clear one provider's entry of a store, and answer what is now in force."""
    provider = request.path_params["provider"]
    known = sorted(_sandbox(request).dialects)
    if provider not in known:
        return _wrong(f"unknown provider {provider!r}. Known providers: {', '.join(known)}")
    if request.method == "DELETE":
        store.clear(provider)
    if request.method == "PUT":
        try:
            store.set(provider, read(await request.json()))
        except ValueError as error:
            return _wrong(str(error))
    return JSONResponse({"provider": provider, word: store.show(provider)})


def _wrong(message: str) -> Response:
    return JSONResponse({"error": {"message": message}}, 400)


def _sandbox(request: Request) -> Sandbox:
    found: Sandbox = request.app.state.sandbox
    return found
