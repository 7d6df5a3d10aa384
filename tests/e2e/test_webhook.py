"""A webhook is told how a job ended, with a signature that an independent check accepts."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from tests.e2e.conftest import Gateway
from tests.e2e.test_crash import wait_for

pytestmark = pytest.mark.e2e

Told = list[tuple[dict[str, str], bytes]]


@pytest.fixture
def receiver() -> Iterator[tuple[str, Told]]:
    """A server that keeps what it is told; it has a bad moment at first."""
    told: Told = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            told.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(500 if len(told) == 1 else 204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", told
    server.shutdown()
    server.server_close()


def test_a_webhook_is_signed_and_tried_again(gateway: Gateway, receiver: tuple[str, Told]) -> None:
    """The first try fails, the second is the same message with a signature of its own time."""
    url, told = receiver
    secret = gateway.get("/v1/webhook-secret").json()["secret"]

    job = gateway.run("nano-banana-pro", webhook_url=url)

    wait_for(lambda: len(told) == 2)
    (first, _), (headers, body) = told
    assert first["webhook-id"] == headers["webhook-id"]
    assert headers["webhook-signature"] == f"v1,{signature(secret, headers, body)}"
    event = json.loads(body)
    assert (event["type"], event["id"], event["data"]["status"]) == ("job.succeeded", job["id"], "succeeded")
    assert gateway.http.get(event["output_url"], follow_redirects=True).status_code == 200


def signature(secret: str, headers: dict[str, str], body: bytes) -> str:
    """Sign as the specification says, without our own code."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
