"""Runway's tasks."""

from collections.abc import Callable
from typing import Any

import httpx

Wait = Callable[..., dict[str, Any]]
VIDEO = {"model": "gen4.5", "promptText": "a fox", "ratio": "1280:720", "duration": 5}


def test_a_task_runs_to_a_clip(
    sandbox: httpx.Client, wait_for: Wait, clip_facts: Callable[[bytes], tuple[int, int, float]]
) -> None:
    """
    A task shows its progress while it runs, and its cost and a link when it is over.
    """
    made = sandbox.post("/runway/v1/text_to_video", json=VIDEO).json()
    path = f"/runway/v1/tasks/{made['id']}"

    running = wait_for(path, lambda task: task["status"] == "RUNNING")
    done = wait_for(path, lambda task: task["status"] == "SUCCEEDED")

    assert 0 <= running["progress"] < 1
    assert made["estimatedCost"] == done["cost"] == {"credits": 60}
    assert clip_facts(sandbox.get(done["output"][0]).content) == (1280, 720, 5.0)


def test_an_image_task_keeps_the_ratio(
    sandbox: httpx.Client, wait_for: Wait, picture_size: Callable[[bytes], tuple[int, int]]
) -> None:
    """
    A ratio is a size in pixels.
    """
    asked = {"model": "gen4_image", "promptText": "a fox", "ratio": "1920:1080"}

    made = sandbox.post("/runway/v1/text_to_image", json=asked).json()
    done = wait_for(f"/runway/v1/tasks/{made['id']}", lambda task: task["status"] == "SUCCEEDED")

    assert picture_size(sandbox.get(done["output"][0]).content) == (1920, 1080)


def test_delete_cancels_a_running_task_and_removes_a_finished_one(sandbox: httpx.Client) -> None:
    """
    The first DELETE cancels, the second one removes.
    """
    path = f"/runway/v1/tasks/{sandbox.post('/runway/v1/text_to_video', json=VIDEO).json()['id']}"

    first = sandbox.delete(path).status_code
    cancelled = sandbox.get(path).json()
    second = sandbox.delete(path).status_code

    assert (first, cancelled["status"], second) == (204, "CANCELLED", 204)
    assert sandbox.get(path).status_code == 404


def test_a_call_without_the_version_is_refused(sandbox: httpx.Client) -> None:
    """
    Runway wants X-Runway-Version on every call.
    """
    answer = sandbox.post("/runway/v1/text_to_video", json=VIDEO, headers={"x-runway-version": ""})

    assert answer.status_code == 400
    assert "X-Runway-Version" in answer.json()["error"]


def test_a_video_from_an_image_needs_the_image(sandbox: httpx.Client) -> None:
    """
    A missing field is an issue with its path.
    """
    answer = sandbox.post("/runway/v1/image_to_video", json=VIDEO)

    assert (answer.status_code, answer.json()["issues"][0]["path"]) == (400, ["promptImage"])
