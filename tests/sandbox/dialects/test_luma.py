"""Luma's generations."""

from collections.abc import Callable
from typing import Any

import httpx

Wait = Callable[..., dict[str, Any]]
PATH = "/luma/dream-machine/v1/generations"


def completed(generation: dict[str, Any]) -> bool:
    return bool(generation["state"] == "completed")


def test_a_generation_dreams_and_ends_in_a_clip(
    sandbox: httpx.Client, wait_for: Wait, clip_facts: Callable[[bytes], tuple[int, int, float]]
) -> None:
    """
    It is created with a 201, tells no percentage, and echoes what was asked.
    """
    asked = {
        "model": "ray-2",
        "prompt": "a fox",
        "resolution": "540p",
        "duration": "5s",
        "aspect_ratio": "1:1",
    }

    made = sandbox.post(f"{PATH}/video", json=asked)
    done = wait_for(f"{PATH}/{made.json()['id']}", completed)

    assert (made.status_code, made.json()["state"], made.json()["assets"]) == (201, "queued", None)
    assert done["request"]["prompt"] == "a fox"
    assert clip_facts(sandbox.get(done["assets"]["video"]).content) == (540, 540, 5.0)


def test_an_image_stands_among_the_assets_under_its_own_name(
    sandbox: httpx.Client, wait_for: Wait, picture_size: Callable[[bytes], tuple[int, int]]
) -> None:
    """
    The asset's name is its kind.
    """
    made = sandbox.post(f"{PATH}/image", json={"model": "photon-1", "prompt": "a fox", "aspect_ratio": "1:1"})
    done = wait_for(f"{PATH}/{made.json()['id']}", completed)

    assert picture_size(sandbox.get(done["assets"]["image"]).content) == (1024, 1024)


def test_delete_cancels_and_removes(sandbox: httpx.Client) -> None:
    """
    A deleted generation is not found any more, and the list is shorter.
    """
    made = [
        sandbox.post(f"{PATH}/video", json={"model": "ray-2", "prompt": "a fox"}).json() for _ in range(2)
    ]

    deleted = sandbox.delete(f"{PATH}/{made[0]['id']}").status_code

    assert (deleted, sandbox.get(f"{PATH}/{made[0]['id']}").status_code) == (204, 404)
    assert [each["id"] for each in sandbox.get(PATH).json()["generations"]] == [made[1]["id"]]


def test_what_is_wrong_is_said_the_way_fastapi_does(sandbox: httpx.Client) -> None:
    """
    A frame without its type, a change without its source.
    """
    frame = {"model": "ray-2", "keyframes": {"frame0": {"url": "https://example.com/a.png"}}}

    answers = [
        sandbox.post(f"{PATH}/video", json=frame),
        sandbox.post(f"{PATH}/video/modify", json={"model": "ray-2", "mode": "flex_1"}),
    ]

    assert [(each.status_code, each.json()["detail"][0]["loc"]) for each in answers] == [
        (422, ["body", "keyframes"]),
        (422, ["body", "media"]),
    ]
