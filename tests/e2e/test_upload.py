"""Files that callers bring, end to end: by a signed form or by URL, to targets that take bytes or links."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from typing import Any

import av
import httpx
import pytest
from PIL import Image

from gateway.domain import identity
from tests.builders import a_png
from tests.e2e.conftest import Gateway

pytestmark = pytest.mark.e2e


class Pictures(BaseHTTPRequestHandler):
    """A caller's own server: one picture, and nothing else."""

    def do_GET(self) -> None:
        """Answer with the picture, or 404."""
        found = self.path.startswith("/a.png")
        body = a_png() if found else b""
        self.send_response(200 if found else 404)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def pictures() -> Iterator[str]:
    """The address of a caller's own server."""
    server = HTTPServer(("127.0.0.1", 0), Pictures)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def uploaded(
    gateway: Gateway, data: bytes, *, sent_as: str = "image/png", like: bytes = b"", kind: str = "image/png"
) -> tuple[str, httpx.Response]:
    """Get a form for such a file, or a PNG, and send one; return the reference and the bucket's answer."""
    made = gateway.post("/v1/uploads", {"content_type": kind, "bytes": len(like or a_png())}).json()
    fields = {**made["upload"]["fields"], "Content-Type": sent_as}
    sent = httpx.post(made["upload"]["url"], data=fields, files={"file": ("a.png", data)}, trust_env=False)
    return made["reference"], sent


def test_an_uploaded_picture_becomes_a_video_at_a_provider_that_takes_bytes(gateway: Gateway) -> None:
    """Google is first in the chain, opens the picture, and the clip comes back."""
    reference, sent = uploaded(gateway, a_png())
    assert sent.status_code == 204, sent.text

    job = gateway.run("veo-3.1", image=reference, duration=4)

    assert (job["status"], job["operation"]) == ("succeeded", "image_to_video"), job["error"]
    assert [attempt["provider"] for attempt in job["attempts"]] == gateway.starts() == ["google"]
    with av.open(BytesIO(gateway.file(job))) as video:
        assert video.streams.video


def test_an_uploaded_picture_goes_on_to_a_provider_that_takes_links(gateway: Gateway) -> None:
    """The edit fails at OpenAI, which gets a form, and is made at fal, which gets a signed link."""
    reference, _ = uploaded(gateway, a_png())
    edited = gateway.run("gpt-image", image=reference, images=[reference], quality="low")
    gateway.break_provider("openai", kind="status", status=503)

    again = gateway.run("gpt-image", image=reference, quality="low")

    assert (edited["status"], edited["attempts"][0]["provider"]) == ("succeeded", "openai"), edited["error"]
    assert Image.open(BytesIO(gateway.file(edited))).size == (1024, 1024)
    assert [attempt["provider"] for attempt in again["attempts"]] == ["openai", "fal"], again["error"]
    assert (again["status"], again["cost"]["usd"]) == ("succeeded", "0.015000")


def test_what_one_job_made_goes_into_the_next_by_its_link(gateway: Gateway) -> None:
    """The picture's own link is the clip's first frame."""
    picture = gateway.run("nano-banana-pro")

    clip = gateway.run("veo-3.1", image=picture["output_url"], duration=4)

    assert (clip["status"], clip["operation"]) == ("succeeded", "image_to_video"), clip["error"]
    assert gateway.starts() == ["google", "google"]


def test_a_callers_link_is_fetched_for_a_provider_that_takes_bytes(gateway: Gateway, pictures: str) -> None:
    """Through the guard, into the bucket, into Google's request; what is not there costs nothing."""
    made, missed = (
        gateway.submit("nano-banana-pro", image=f"{pictures}/{name}?token=secret")
        for name in ("a.png", "b.png")
    )

    made, missed = gateway.ended(made), gateway.ended(missed)

    assert (made["status"], made["operation"]) == ("succeeded", "image_edit"), made["error"]
    assert (missed["status"], missed["error"]["code"]) == ("failed", "input_unreachable")
    assert "the answer was 404" in missed["error"]["message"]
    assert "secret" not in missed["error"]["message"]
    assert gateway.starts() == ["google"]


def test_a_form_takes_nothing_but_its_file_and_a_reference_nothing_but_a_file(gateway: Gateway) -> None:
    """Another type or size is refused by the bucket; what was never sent, expired or is no picture by us."""
    never, wrong_type = uploaded(gateway, a_png(), sent_as="text/html")
    _, wrong_size = uploaded(gateway, a_png() + b"x")
    no_picture, _ = uploaded(gateway, bytes(len(a_png())))
    expired = identity.upload_id(1_700_000_000, bytes(10))

    refused = [
        gateway.post("/v1/veo-3.1", {"prompt": "x", "image": image})
        for image in (never, no_picture, expired, "upl_1", "data:image/png;base64,AAAA")
    ]

    assert (wrong_type.status_code, wrong_size.status_code) == (403, 400)
    assert {(answer.status_code, answer.json()["error"]["param"]) for answer in refused} == {(400, "image")}
    assert [answer.json()["error"]["code"] for answer in refused] == ["invalid_input"] * 4 + [
        "invalid_parameter"
    ]
    assert gateway.requests() == []
