"""fal's queue."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Wait = Callable[..., dict[str, Any]]


def completed(answer: dict[str, Any]) -> bool:
    return bool(answer["status"] == "COMPLETED")


def test_a_video_goes_through_the_queue(
    server: str, sandbox: httpx.Client, wait_for: Wait, clip_facts: Callable[[bytes], tuple[int, int, float]]
) -> None:
    """
    The links leave the sub-path out, stay on this host, and lead to a clip as asked for.
    """
    asked = {"prompt": "a fox", "duration": "8s", "resolution": "1080p", "aspect_ratio": "9:16"}

    job = sandbox.post("/fal/fal-ai/veo3.1/fast", json=asked).json()
    first = sandbox.get(job["status_url"], params={"logs": "true"})
    wait_for(job["status_url"], completed)
    video = sandbox.get(job["response_url"]).json()["video"]

    assert job["status_url"] == f"{server}/fal/fal-ai/veo3.1/requests/{job['request_id']}/status"
    assert (first.status_code, first.json()["status"], first.json()["queue_position"]) == (202, "IN_QUEUE", 0)
    assert clip_facts(sandbox.get(video["url"]).content) == (1080, 1920, 8.0)


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        ({}, (1024, 768)),
        ({"image_size": "portrait_16_9"}, (576, 1024)),
        ({"image_size": {"width": 640, "height": 320}, "output_format": "jpeg"}, (640, 320)),
        ({"aspect_ratio": "1:1", "resolution": "2K"}, (2048, 2048)),
    ],
)
def test_images_have_the_size_that_they_claim(
    sandbox: httpx.Client,
    wait_for: Wait,
    picture_size: Callable[[bytes], tuple[int, int]],
    asked: dict[str, Any],
    size: tuple[int, int],
) -> None:
    """
    Every way to spell an image's size is honoured in the file.
    """
    job = sandbox.post("/fal/fal-ai/flux-2-pro", json={"prompt": "a fox", "num_images": 2, **asked}).json()
    wait_for(job["status_url"], completed)
    images = sandbox.get(job["response_url"]).json()["images"]

    assert len(images) == 2
    assert (images[0]["width"], images[0]["height"]) == size
    assert picture_size(sandbox.get(images[0]["url"]).content) == size


def test_a_cancelled_request_completes_with_an_error(sandbox: httpx.Client) -> None:
    """
    fal has no cancelled status: the request completes, and its result is a 499.
    """
    job = sandbox.post("/fal/fal-ai/veo3.1", json={"prompt": "a fox"}).json()

    cancelled = sandbox.put(job["cancel_url"])
    again = sandbox.put(job["cancel_url"])

    assert (cancelled.status_code, cancelled.json()) == (202, {"status": "CANCELLATION_REQUESTED"})
    assert (again.status_code, again.json()) == (400, {"status": "ALREADY_COMPLETED"})
    assert sandbox.get(job["response_url"]).status_code == 499


def test_a_missing_prompt_is_a_422(sandbox: httpx.Client) -> None:
    """
    A refusal of the model's input names the field the way pydantic does.
    """
    answer = sandbox.post("/fal/fal-ai/flux-2-pro", json={})

    assert answer.status_code == 422
    assert answer.json()["detail"][0] | {"url": ""} == {
        "loc": ["body", "prompt"],
        "msg": "Field required",
        "type": "missing",
        "url": "",
    }


def test_the_direct_path_answers_in_the_same_call(sandbox: httpx.Client) -> None:
    """
    fal.run has its place under /fal/run.
    """
    answer = sandbox.post("/fal/run/fal-ai/minimax/speech-02-hd", json={"text": "hello"})

    assert answer.json()["audio"]["content_type"] == "audio/mpeg"
