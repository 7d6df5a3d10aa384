"""A source of one large video, and an S3 that keeps parts on disk, in a process of their own.

Run as ``python -m tests.size.server FOLDER BYTES``; prints its port. ``GET /log`` tells what was asked for.
"""

import json
import re
import sys
from contextlib import suppress
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

BLOCK = bytes(range(256)) * 4096  # 1 MiB
LISTED = "<ListPartsResult><IsTruncated>false</IsTruncated>{}</ListPartsResult>"


class Handler(BaseHTTPRequestHandler):
    """Both servers, told apart by the path."""

    protocol_version = "HTTP/1.1"
    folder: Path
    head: bytes
    size: int
    ranges: list[str | None] = []  # noqa: RUF012 - of the one server of this process
    sent = [0]  # noqa: RUF012

    def do_GET(self) -> None:
        """Serve the video, the log, a list of parts, or the object that was made of them."""
        path, query = self._where()
        if path == "/video.mp4":
            self._video()
        elif path == "/log":
            self._answer(json.dumps({"ranges": self.ranges, "sent": self.sent[0]}).encode())
        elif "uploadId" in query:
            parts = sorted((int(p.name), p.stat().st_size) for p in self.folder.glob("[0-9]*"))
            form = "<Part><PartNumber>{}</PartNumber><Size>{}</Size><ETag>x</ETag></Part>"
            self._answer(LISTED.format("".join(form.format(*part) for part in parts)).encode())
        else:
            self._object()

    def do_POST(self) -> None:
        """Begin or complete an upload."""
        query = self._where()[1]
        self._body()
        if "uploads" in query:
            self._answer(
                b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
            )
        else:
            self._answer(b"<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")

    def do_PUT(self) -> None:
        """Keep a part."""
        number = self._where()[1]["partNumber"][0]
        body = self._body()
        (self.folder / number).write_bytes(body)
        self._answer(b"", etag=md5(body, usedforsecurity=False).hexdigest())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _video(self) -> None:
        wanted = self.headers.get("range")
        self.ranges.append(wanted)
        first = int(re.findall(r"\d+", wanted)[0]) if wanted else 0
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("content-range", f"bytes {first}-{self.size - 1}/{self.size}")
        self.send_header("content-length", str(self.size - first))
        self.send_header("etag", '"v1"')
        self.end_headers()
        with suppress(ConnectionError):  # the worker was killed
            while first < self.size:
                piece = piece_at(self.head, self.size, first)
                self.wfile.write(piece)
                first += len(piece)
                self.sent[0] += len(piece)

    def _object(self) -> None:
        parts = sorted(self.folder.glob("[0-9]*"), key=lambda part: int(part.name))
        self.send_response(200)
        self.send_header("content-length", str(sum(part.stat().st_size for part in parts)))
        self.end_headers()
        for part in parts:
            self.wfile.write(part.read_bytes())

    def _answer(self, body: bytes, **headers: str) -> None:
        self.send_response(200)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def _where(self) -> tuple[str, dict[str, list[str]]]:
        parts = urlsplit(self.path)
        return parts.path, parse_qs(parts.query, keep_blank_values=True)


def piece_at(head: bytes, size: int, at: int) -> bytes:
    """Return up to a megabyte of the video: a real one, and filler after it."""
    if at < len(head):
        return head[at:]
    start = (at - len(head)) % len(BLOCK)
    return BLOCK[start : start + min(len(BLOCK) - start, size - at)]


if __name__ == "__main__":
    Handler.folder, Handler.size = Path(sys.argv[1]), int(sys.argv[2])
    Handler.head = (Handler.folder / "head").read_bytes()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)  # noqa: T201 - this is how the test learns it
    server.serve_forever()
