"""ByteDance Ark's pictures and tasks."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Wait = Callable[..., dict[str, Any]]
Break = Callable[..., None]
TASKS = "/bytedance-ark/api/v3/contents/generations/tasks"
CLIP = {"model": "seedance-1-0-pro-250528", "content": [{"type": "text", "text": "a fox"}]}
PICTURE = {"model": "seedream-4-5-251128", "prompt": "a fox", "size": "1K"}


def test_a_task_runs_to_a_clip_and_counts_its_tokens(
    sandbox: httpx.Client, wait_for: Wait, clip_facts: Callable[[bytes], tuple[int, int, float]]
) -> None:
    """
    Pixels times frames by 1024 are the tokens.
    """
    made = sandbox.post(TASKS, json=CLIP | {"resolution": "480p", "ratio": "1:1", "duration": 5}).json()
    task = wait_for(f"{TASKS}/{made['id']}", lambda task: task["status"] == "succeeded")

    assert task["usage"]["completion_tokens"] == 480 * 480 * 5 * 24 // 1024
    assert clip_facts(sandbox.get(task["content"]["video_url"]).content) == (480, 480, 5.0)


def test_a_task_is_cancelled_then_deleted(sandbox: httpx.Client) -> None:
    """
    The same call does both, and the list shows it.
    """
    made = sandbox.post(TASKS, json=CLIP).json()["id"]

    sandbox.delete(f"{TASKS}/{made}")
    cancelled = sandbox.get(TASKS).json()
    sandbox.delete(f"{TASKS}/{made}")

    assert [task["status"] for task in cancelled["items"]] == ["cancelled"]
    assert sandbox.get(f"{TASKS}/{made}").status_code == 404


@pytest.mark.parametrize(
    ("on", "status", "code"), [("submit", 400, "InputText"), ("job", 200, "OutputImage")]
)
def test_a_refused_picture_has_a_long_code(
    sandbox: httpx.Client, break_: Break, on: str, status: int, code: str
) -> None:
    """
    What was asked is refused with a 400, what was made stands in the answer as an error.
    """
    break_("bytedance-ark", "moderation", on=on)

    answer = sandbox.post("/bytedance-ark/api/v3/images/generations", json=PICTURE)
    error = answer.json().get("error") or answer.json()["data"][0]["error"]

    assert (answer.status_code, error["code"]) == (status, f"{code}SensitiveContentDetected")


def test_a_role_that_does_not_fit_is_refused(sandbox: httpx.Client) -> None:
    """
    A picture cannot be a video.
    """
    picture = {
        "type": "image_url",
        "image_url": {"url": "https://example.com/a.png"},
        "role": "reference_video",
    }

    answer = sandbox.post(TASKS, json=CLIP | {"content": [picture]})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidParameter")
