"""A provider that answers at once, in OpenAI's form: chat, chat in 23 events, a picture of a megabyte.

Runs in a process of its own (``python -m bench.upstream FILE``), so that its time is nobody else's.
"""

import base64
import json
import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from bench.cloud import picture

WORDS = 20
USAGE = {"prompt_tokens": 9, "completion_tokens": WORDS, "total_tokens": WORDS + 9}
_HEAD = {"id": "chatcmpl-1", "created": 1_790_000_000, "model": "bench"}


def _event(choices: list[dict[str, Any]], **more: Any) -> bytes:
    chunk = {**_HEAD, "object": "chat.completion.chunk", "choices": choices, **more}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def _delta(finish: str | None = None, **delta: str) -> list[dict[str, Any]]:
    return [{"index": 0, "delta": delta, "finish_reason": finish}]


PLAIN = json.dumps(
    {
        **_HEAD,
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "word " * WORDS},
                "finish_reason": "stop",
            }
        ],
        "usage": USAGE,
    }
).encode()
EVENTS = (
    _event(_delta(role="assistant", content="")),
    *(_event(_delta(content="word ")) for _ in range(WORDS)),
    _event(_delta("stop")),
    _event([], usage=USAGE),
)
IMAGE = json.dumps({"created": 1, "data": [{"b64_json": base64.b64encode(picture()).decode()}]}).encode()


async def _chat(request: Request) -> Response:
    if not json.loads(await request.body()).get("stream"):
        return Response(PLAIN, media_type="application/json")

    async def events() -> Any:
        for event in EVENTS:
            yield event
        yield b"data: [DONE]\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


async def _image(request: Request) -> Response:
    await request.body()
    return Response(IMAGE, media_type="application/json")


def main() -> None:
    """Serve on a free port of this machine, and write its address."""
    routes = [
        Route("/{base:path}/chat/completions", _chat, methods=["POST"]),
        Route("/{base:path}/images/generations", _image, methods=["POST"]),
    ]
    config = uvicorn.Config(
        Starlette(routes=routes), host="127.0.0.1", port=0, log_level="error", access_log=False
    )
    bound = config.bind_socket()
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or a stream waits for acknowledgements
    Path(sys.argv[1]).write_text(f"http://127.0.0.1:{bound.getsockname()[1]}")
    uvicorn.Server(config).run(sockets=[bound])


if __name__ == "__main__":
    main()
