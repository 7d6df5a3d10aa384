"""The routes of the sandbox's server."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sluice.sandbox.control import control_routes
from sluice.sandbox.dialects import Dialects
from sluice.sandbox.exchange import Exchange
from sluice.sandbox.state import Sandbox

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


def make_app(render_scale: float = 1.0) -> Starlette:
    """Make the server; jobs take ``render_scale`` times their usual seconds."""
    app = Starlette(
        routes=[*control_routes(), Route("/{provider}/{path:path}", _provider_call, methods=METHODS)]
    )
    app.state.sandbox = Sandbox(Dialects(), render_scale)
    return app


async def _provider_call(request: Request) -> Response:
    sandbox: Sandbox = request.app.state.sandbox
    dialect = sandbox.dialects.get(request.path_params["provider"])
    if dialect is None:
        known = ", ".join(sorted(sandbox.dialects))
        message = f"unknown provider {request.path_params['provider']!r}. Known providers: {known}"
        return JSONResponse({"error": {"message": message}}, 404)
    return await Exchange(sandbox, dialect, request, "/" + request.path_params["path"]).run()
