"""The streaming function behind HTTP, as the edge serves it, with nothing else of a deployment around it.

Runs in a process of its own: ``python -m bench.front CORE SETTINGS_FILE``; its workers are on the core.
"""

import json
import os
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
    core, settings = int(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
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
        os.sched_setaffinity(0, {core})  # for those that it starts; it goes back when they run
        for worker in [await pool._begin() for _ in range(WORKERS)]:
            worker.taken = False
        os.sched_setaffinity(0, {settings["own_core"]})
        yield
        await pool.close()

    async def known(_: dict[str, Any]) -> dict[str, Any]:
        return CALLER

    async def forward(_: Request) -> Response:
        return Response(status_code=404)

    app = Starlette(routes=live.routes(pool, known, forward), lifespan=living)
    config = uvicorn.Config(
        app, host="127.0.0.1", port=settings["port"], log_level="error", access_log=False
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
