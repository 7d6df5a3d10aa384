"""Runway's tasks."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

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


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        ({"ratio": "1:1", "resolution": "768p"}, (768, 768)),
        ({"ratio": "auto_1080p"}, (1920, 1080)),
        ({"ratio": "adaptive", "resolution": "480p"}, (854, 480)),
        ({"duration": "auto"}, (1280, 720)),
    ],
)
def test_a_size_is_spelled_in_many_ways(
    sandbox: httpx.Client,
    wait_for: Wait,
    clip_facts: Callable[[bytes], tuple[int, int, float]],
    asked: dict[str, Any],
    size: tuple[int, int],
) -> None:
    """
    Some models take pixels, some a shape and a resolution, and some choose for themselves.
    """
    made = sandbox.post("/runway/v1/text_to_video", json={"model": "other", "promptText": "a fox", **asked})
    done = wait_for(f"/runway/v1/tasks/{made.json()['id']}", lambda task: task["status"] == "SUCCEEDED")

    assert clip_facts(sandbox.get(done["output"][0]).content) == (*size, 5.0)


@pytest.mark.parametrize(
    "asked", [{"ratio": None}, {"ratio": "wide"}, {"model": "other", "ratio": "1:1", "resolution": "0p"}]
)
def test_a_wrong_size_is_named(sandbox: httpx.Client, asked: dict[str, Any]) -> None:
    """
    Runway's own models want a ratio; nobody takes one that means nothing.
    """
    answer = sandbox.post("/runway/v1/text_to_video", json=VIDEO | asked)

    assert (answer.status_code, answer.json()["issues"][0]["path"]) == (400, ["ratio"])
