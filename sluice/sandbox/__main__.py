"""Starts the sandbox: ``python -m sluice.sandbox --port 0``."""

import asyncio
import signal
from argparse import ArgumentParser, Namespace
from pathlib import Path

import uvicorn

from sluice.sandbox.app import make_app

GRACE_S = 1


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # uvicorn raises the signal again when it has stopped
    asked = _arguments()
    config = uvicorn.Config(
        make_app(asked.render_scale),
        host=asked.host,
        port=asked.port,
        log_level="warning",
        access_log=False,
        ssl_certfile=asked.tls,
        timeout_graceful_shutdown=GRACE_S,  # a hung call must not keep the server alive
    )
    asyncio.run(_serve(uvicorn.Server(config), asked))


async def _serve(server: uvicorn.Server, asked: Namespace) -> None:
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if server.started:
        port = server.servers[0].sockets[0].getsockname()[1]
        scheme = "https" if asked.tls else "http"
        print(f"sandbox listening on {scheme}://{asked.host}:{port}", flush=True)
        if asked.port_file:
            part = asked.port_file.with_name(asked.port_file.name + ".part")
            part.write_text(str(port))
            part.replace(asked.port_file)  # readers never see half a file
    await serving


def _arguments() -> Namespace:
    parser = ArgumentParser(
        prog="python -m sluice.sandbox", description="Plays the providers' protocols locally."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--port-file", type=Path, help="where to write the port that was taken")
    parser.add_argument("--tls", type=Path, help="serve https: a PEM file with certificate and key")
    parser.add_argument("--render-scale", type=float, default=1.0, help="multiplies the time that jobs take")
    return parser.parse_args()


if __name__ == "__main__":
    main()
