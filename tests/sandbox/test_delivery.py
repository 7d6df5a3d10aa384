"""How files are served."""

import httpx
import pytest

from sluice.sandbox.delivery import ranged

BODY = bytes(range(100))


@pytest.mark.parametrize(
    ("wanted", "status", "body", "content_range"),
    [
        (None, 200, BODY, None),
        ("bytes=0-9", 206, BODY[:10], "bytes 0-9/100"),
        ("bytes=90-", 206, BODY[90:], "bytes 90-99/100"),
        ("bytes=-5", 206, BODY[-5:], "bytes 95-99/100"),
        ("bytes=200-", 416, b"", "bytes */100"),
    ],
)
def test_a_range_is_a_part(wanted: str | None, status: int, body: bytes, content_range: str | None) -> None:
    """
    One range is answered with its bytes.
    """
    reply = ranged(BODY, "video/mp4", wanted)

    assert (reply.status, reply.body, reply.headers.get("content-range")) == (status, body, content_range)


def test_a_head_request_tells_the_length_without_the_body(sandbox: httpx.Client) -> None:
    """
    HEAD has the headers of GET.
    """
    asked = {"model": "dall-e-3", "prompt": "a fox"}
    link = sandbox.post("/openai/v1/images/generations", json=asked).json()["data"][0]["url"]

    head, whole, part = (
        sandbox.head(link),
        sandbox.get(link),
        sandbox.get(link, headers={"range": "bytes=10-19"}),
    )

    assert head.headers["content-length"] == whole.headers["content-length"] == str(len(whole.content))
    assert (head.content, head.headers["content-type"]) == (b"", "image/png")
    assert (part.status_code, part.content) == (206, whole.content[10:20])
