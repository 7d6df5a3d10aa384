"""The streaming function behind HTTP, as the edge serves it, with nothing else of a deployment around it.

Runs in a process of its own: ``python -m bench.front SETTINGS_FILE``.
"""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from sluice.local import live
from sluice.local.runtime.function import Function
from sluice.local.runtime.pool import Pool

CALLER = {"principalId": "key_1", "id": "key_1", "tenant": "bench", "tier": "pro", "scopes": "submit read"}
WORKERS = 8


def main() -> None:
    """Serve until it is ended."""
    settings = json.loads(Path(sys.argv[1]).read_text())
    function = Function(
        package=Path(settings["package"]),
        handler="gateway.handlers.stream.handler",
        settings=settings["variables"],
        memory_mb=1024,
        timeout_s=270,
        python=Path(settings["python"]),
    )

    async def load() -> Function:
        return function

    pool = Pool(load, WORKERS)

    @asynccontextmanager
    async def living(_: Starlette) -> AsyncIterator[None]:
        pool.warm()
        yield
        await pool.close()

    async def known(_: dict[str, Any]) -> dict[str, Any]:
        return CALLER

    async def forward(_: Request) -> Response:
        return Response(status_code=404)

    app = Starlette(routes=live.routes(pool, known, forward), lifespan=living)
    config = uvicorn.Config(app, host="127.0.0.1", port=settings["port"], log_level="error", access_log=False)
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
