"""Segmind's two ways."""

from collections.abc import Callable
from typing import Any

import httpx

Wait = Callable[..., dict[str, Any]]
Break = Callable[..., None]
FOX = {"prompt": "a fox"}


def test_the_first_version_answers_with_bytes(
    sandbox: httpx.Client, picture_size: Callable[[bytes], tuple[int, int]]
) -> None:
    """
    What it cost stands in a header.
    """
    answer = sandbox.post("/segmind/v1/ssd-1b", json=FOX | {"seed": 7})

    assert (answer.headers["x-cost"], answer.headers["x-seed-value"]) == ("0.04", "7")
    assert picture_size(answer.content) == (1024, 1024)


def test_the_second_version_is_a_queue(server: str, sandbox: httpx.Client, wait_for: Wait) -> None:
    """
    The SDK needs all three links, on the host that it called.
    """
    made = sandbox.post("/segmind/v2/nano-banana", json=FOX).json()
    wait_for(made["status_url"], lambda answer: answer["status"] == "COMPLETED")
    result = sandbox.get(made["response_url"]).json()

    assert made["status"] == "QUEUED"
    assert made["response_url"] == f"{server}/segmind/v2/requests/{made['request_id']}"
    assert result["output"].endswith(".png")
    assert sandbox.get(made["poll_url"]).json() == result


def test_a_failed_request_is_a_422_that_says_so(sandbox: httpx.Client, break_: Break, wait_for: Wait) -> None:
    """
    The code is an error's, the body is the state.
    """
    break_("segmind", "fail_after_accept")

    made = sandbox.post("/segmind/v2/nano-banana", json=FOX).json()
    failed = wait_for(made["status_url"], lambda answer: answer["status"] == "FAILED")

    assert sandbox.get(made["status_url"]).status_code == 422
    assert failed["error"] == "Inference failed"


def test_a_429_tells_in_a_header_of_its_own(sandbox: httpx.Client, break_: Break) -> None:
    """
    It is an instant, in UTC.
    """
    break_("segmind", "status", status=429, retry_after=2)

    answer = sandbox.post("/segmind/v1/ssd-1b", json=FOX)

    assert answer.headers["x-rate-limit-reset-at-utc"].endswith("+00:00")
