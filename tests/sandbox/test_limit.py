"""The providers' limits."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sluice.sandbox.limit import Limit, Limits

IMAGE = {"model": "gpt-image-2", "prompt": "a fox"}
RUNWAY = {"model": "gen4.5", "promptText": "a fox", "ratio": "1280:720", "duration": 5}
GEMINI = {"contents": [{"parts": [{"text": "a fox"}]}]}


def test_the_window_slides() -> None:
    """
    No minute holds more starts than the limit, wherever it begins.
    """
    limits = Limits()
    limits.set("fal", Limit(rpm=2))
    for at in (0.0, 30.0):
        limits.count("fal", at)

    waits = [limits.wait_s("fal", now) for now in (30.0, 59.0, 60.0)]

    assert waits == [30.0, 1.0, 0.0]


def test_a_start_beyond_the_minute_is_a_429(
    sandbox: httpx.Client, journal: Callable[[], list[dict[str, Any]]]
) -> None:
    """
    The limit answers in the provider's form, with the time to wait, and starts nothing.
    """
    sandbox.put("/_sandbox/limits/openai", json={"rpm": 1})

    sandbox.post("/openai/v1/images/generations", json=IMAGE)
    answer = sandbox.post("/openai/v1/images/generations", json=IMAGE)

    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "rate_limit_exceeded")
    assert 55 <= int(answer.headers["retry-after"]) <= 60
    assert [entry["billable_start"] for entry in journal()] == [True, False]


def test_google_tells_the_wait_in_the_body_only(sandbox: httpx.Client) -> None:
    """
    Google's 429 has no Retry-After.
    """
    path = "/google/v1/models/gemini-3-pro-image:generateContent"
    sandbox.put("/_sandbox/limits/google", json={"rpm": 1})

    sandbox.post(path, json=GEMINI)
    answer = sandbox.post(path, json=GEMINI)

    assert "retry-after" not in answer.headers
    assert any(detail.get("retryDelay", "").endswith("s") for detail in answer.json()["error"]["details"])


def test_unfinished_jobs_take_places(sandbox: httpx.Client) -> None:
    """
    A job beyond the concurrency is refused until the limit is gone.
    """
    sandbox.put("/_sandbox/limits/kling", json={"concurrent": 1})

    answers = [sandbox.post("/kling/v1/videos/text2video", json={"prompt": "a fox"}) for _ in range(2)]
    sandbox.delete("/_sandbox/limits/kling")
    after = sandbox.post("/kling/v1/videos/text2video", json={"prompt": "a fox"})

    assert [answer.status_code for answer in (*answers, after)] == [200, 429, 200]
    assert answers[1].json()["code"] == 1303


def test_runway_throttles_instead(sandbox: httpx.Client, wait_for: Callable[..., dict[str, Any]]) -> None:
    """
    A Runway task beyond the concurrency waits, then runs.
    """
    sandbox.put("/_sandbox/limits/runway", json={"concurrent": 1})

    first, second = (sandbox.post("/runway/v1/text_to_video", json=RUNWAY).json()["id"] for _ in range(2))

    assert sandbox.get(f"/runway/v1/tasks/{second}").json()["status"] == "THROTTLED"
    wait_for(f"/runway/v1/tasks/{second}", lambda task: task["status"] == "SUCCEEDED")
    assert sandbox.get(f"/runway/v1/tasks/{first}").json()["status"] == "SUCCEEDED"


def test_fal_queues_instead_but_refuses_a_direct_call(sandbox: httpx.Client) -> None:
    """
    A request beyond the concurrency waits in the queue; a call that wants its answer at once cannot.
    """
    sandbox.put("/_sandbox/limits/fal", json={"concurrent": 1})

    first, second = (sandbox.post("/fal/fal-ai/veo3.1", json={"prompt": "a fox"}).json() for _ in range(2))
    direct = sandbox.post("/fal/run/fal-ai/veo3.1", json={"prompt": "a fox"})

    places = [sandbox.get(job["status_url"]).json()["queue_position"] for job in (first, second)]
    assert places == [0, 1]
    assert (direct.status_code, direct.json()["error_type"]) == (429, "concurrent_requests_limit")


@pytest.mark.parametrize(
    ("limit", "says"),
    [
        ({"rps": 1}, "unknown field 'rps'. Known fields: rpm, concurrent"),
        ({"rpm": 0}, "'rpm' is 0; expected a whole number of at least 1, or null"),
    ],
)
def test_an_unknown_limit_is_refused(sandbox: httpx.Client, limit: dict[str, Any], says: str) -> None:
    """
    A wrong limit says what would work.
    """
    answer = sandbox.put("/_sandbox/limits/fal", json=limit)

    assert (answer.status_code, answer.json()["error"]["message"]) == (400, says)
