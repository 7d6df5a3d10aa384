"""An AWS and a provider that answer at once, so that what is measured is the gateway's own time.

Speaks just what the functions ask: DynamoDB items by key, a secret, an object, an execution, a picture.
``python -m bench.cloud FILE`` runs it in a process of its own.
"""

import base64
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image


@contextmanager
def instant_cloud() -> Iterator[str]:
    """Serve on a free port of this machine; yields the URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Cloud)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def picture() -> bytes:
    """Draw a PNG of about a megabyte, as image models answer."""
    noise = Random(7).randbytes(592 * 592 * 3)  # noqa: S311  # a picture, no secret
    out = BytesIO()
    Image.frombytes("RGB", (592, 592), noise).save(out, "PNG")
    return out.getvalue()


_PICTURE = json.dumps(
    {
        "candidates": [
            {
                "content": {
                    "parts": [
                        {
                            "inlineData": {
                                "mimeType": "image/png",
                                "data": base64.b64encode(picture()).decode(),
                            }
                        }
                    ]
                }
            }
        ]
    }
).encode()
_items: dict[str, dict[str, Any]] = {}
_objects: dict[str, bytes] = {}


class _Cloud(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: two would wait 40 ms for an acknowledgement

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        operation = self.headers.get("x-amz-target", "").rpartition(".")[2]
        if not operation:
            return self._answer(_PICTURE)
        return self._answer(json.dumps(_operate(operation, json.loads(body))).encode())

    def handle_expect_100(self) -> bool:
        """Let a body come at once."""
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def do_PUT(self) -> None:
        _objects[self.path.partition("?")[0]] = self.rfile.read(int(self.headers["content-length"]))
        self._answer(b"")

    def do_GET(self) -> None:
        self._answer(_objects[self.path.partition("?")[0]])

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _operate(operation: str, asked: dict[str, Any]) -> dict[str, Any]:
    if operation == "GetSecretValue":
        return {"SecretString": "a secret"}
    if operation == "StartExecution":
        return {"executionArn": "arn:aws:states:us-east-1:1:execution:jobs:1", "startDate": 1}
    if operation == "PutItem":
        _items[_name(asked["Item"])] = asked["Item"]
    if operation == "GetItem":
        item = _items.get(_name(asked["Key"]))
        return {"Item": item} if item else {}
    if operation == "TransactWriteItems":
        for item in asked["TransactItems"]:
            _update(item["Update"]) if "Update" in item else None
    if operation == "UpdateItem":
        return _update(asked)
    return {}


def _update(asked: dict[str, Any]) -> dict[str, Any]:
    item = _items.setdefault(_name(asked["Key"]), dict(asked["Key"]))
    names, values = asked.get("ExpressionAttributeNames", {}), asked.get("ExpressionAttributeValues", {})
    for short, name in names.items():
        item[name] = values.get(f":{short[1:]}", {"N": "0"})
    return {"Attributes": {"arrival": values.get(":next", {"N": "0"})}}


def _name(key: dict[str, Any]) -> str:
    return "/".join(str(key[name]["S"]) for name in ("tenant", "job", "entry", "pool") if name in key)


if __name__ == "__main__":
    with instant_cloud() as address:
        Path(sys.argv[1]).write_text(address)
        threading.Event().wait()
