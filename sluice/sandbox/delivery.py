"""An answer on the wire: ranges, cut bodies, slow bodies."""

import asyncio
import re
import socket
import struct

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sluice.sandbox.wire import Reply

SLOW_PIECES = 4
PIECE_BYTES = 256 * 1024


class Delivery(Response):
    """Sends a reply.

    Args:
        cut: send half of the body under the full Content-Length, then close the connection.
        pause_s: wait between the pieces of the body.
    """

    def __init__(self, reply: Reply, *, cut: bool = False, pause_s: float = 0.0) -> None:
        headers = dict(reply.headers)
        if reply.status != 204:
            headers["content-type"] = reply.content_type
        super().__init__(reply.body, reply.status, headers)
        self._cut, self._pause_s, self._pieces = cut, pause_s, reply.pieces

    def _divided(self, body: bytes) -> list[bytes]:
        size = max(1, -(-len(body) // SLOW_PIECES)) if self._pause_s else PIECE_BYTES
        return [body[start : start + size] for start in range(0, len(body), size)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send status, headers and the body piece by piece."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        body = b"" if scope["method"] == "HEAD" else bytes(self.body)
        if self._cut:
            await send({"type": "http.response.body", "body": _half(body), "more_body": True})
            return  # the server closes a connection whose answer stays incomplete
        for index, piece in enumerate(self._pieces or self._divided(body)):
            if index and self._pause_s:
                await asyncio.sleep(self._pause_s)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _half(body: bytes) -> bytes:
    """Return half of a body; of a text as far as into the middle of a character that has several bytes."""
    half = len(body) // 2
    beyond = next((at for at in range(half, len(body)) if body[at] & 0xC0 == 0x80), half)
    return body[:beyond]


def hang_up(request: Request) -> None:
    """Reset a call's connection, as a server does that dies: its client reads no end, but an error.

    ASGI has no word for it, so this reaches for uvicorn's transport; no lingering makes the close a reset.
    """
    transport = request.receive.__self__.transport  # type: ignore[attr-defined]
    transport.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    transport.abort()


def ranged(body: bytes, content_type: str, wanted: str | None) -> Reply:
    """Answer a file request, in whole or for the one byte range that it names."""
    headers = {"accept-ranges": "bytes", "cache-control": "no-store"}
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", (wanted or "").strip())
    if not found or found[0] == "bytes=-":
        return Reply(200, body, content_type, headers, has_media=True)
    total = len(body)
    first = int(found[1]) if found[1] else max(0, total - int(found[2]))
    last = min(total - 1, int(found[2])) if found[1] and found[2] else total - 1
    if first > last:
        return Reply(416, b"", content_type, headers | {"content-range": f"bytes */{total}"})
    headers["content-range"] = f"bytes {first}-{last}/{total}"
    return Reply(206, body[first : last + 1], content_type, headers, has_media=True)
