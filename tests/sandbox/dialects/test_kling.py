"""Kling's tasks."""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import httpx

Wait = Callable[..., dict[str, Any]]
PATH = "/kling/v1/videos/text2video"
VIDEO = {
    "model_name": "kling-v2-6",
    "prompt": "a fox",
    "mode": "pro",
    "duration": "5",
    "external_task_id": "mine",
}


def succeeded(answer: dict[str, Any]) -> bool:
    return bool(answer["data"]["task_status"] == "succeed")


def jwt(**claims: object) -> dict[str, str]:
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    token = ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in (*parts, b"signature"))
    return {"authorization": f"Bearer {token}"}


def test_a_task_runs_to_a_clip(
    sandbox: httpx.Client, wait_for: Wait, clip_facts: Callable[[bytes], tuple[int, int, float]]
) -> None:
    """
    A task is found by its id, and ends with a link and the units that it took.
    """
    made = sandbox.post(PATH, json=VIDEO).json()
    task = wait_for(f"{PATH}/{made['data']['task_id']}", succeeded)["data"]

    video = task["task_result"]["videos"][0]
    assert (made["code"], made["data"]["task_status"]) == (0, "submitted")
    assert (task["final_unit_deduction"], video["duration"]) == ("3.5", "5.0")
    assert clip_facts(sandbox.get(video["url"]).content) == (1920, 1080, 5.0)


def test_a_task_is_found_by_the_callers_id_and_in_the_list(sandbox: httpx.Client) -> None:
    """
    A caller that lost the answer finds the task again.
    """
    made = sandbox.post(PATH, json=VIDEO).json()["data"]
    sandbox.post(PATH, json=VIDEO | {"external_task_id": "other"})

    found = sandbox.get(f"{PATH}/mine").json()["data"]
    second = sandbox.get(PATH, params={"pageNum": 2, "pageSize": 1}).json()["data"]

    assert found["task_id"] == made["task_id"]
    assert [task["task_info"] for task in second] == [{"external_task_id": "mine"}]


def test_images_are_numbered(
    sandbox: httpx.Client, wait_for: Wait, picture_size: Callable[[bytes], tuple[int, int]]
) -> None:
    """
    An image task has as many images as were asked for.
    """
    asked = {"model_name": "kling-v2-1", "prompt": "a fox", "n": 2, "aspect_ratio": "1:1"}

    made = sandbox.post("/kling/v1/images/generations", json=asked).json()["data"]
    images = wait_for(f"/kling/v1/images/generations/{made['task_id']}", succeeded)["data"]["task_result"][
        "images"
    ]

    assert [image["index"] for image in images] == [0, 1]
    assert picture_size(sandbox.get(images[1]["url"]).content) == (1024, 1024)


def test_a_number_for_the_duration_is_refused(sandbox: httpx.Client) -> None:
    """
    Kling wants the seconds as a text.
    """
    answer = sandbox.post(PATH, json=VIDEO | {"duration": 5})

    assert (answer.status_code, answer.json()["code"]) == (400, 1201)


def test_a_token_is_good_while_it_lasts(
    sandbox: httpx.Client, journal: Callable[[], list[dict[str, Any]]]
) -> None:
    """
    A JWT stands for its access key, whatever the rest of it; an expired one is refused.
    """
    now = time.time()

    good = [sandbox.get(PATH, headers=jwt(iss="access", exp=now + 60 + i, nbf=now - 5)) for i in (0, 1)]
    late = sandbox.get(PATH, headers=jwt(iss="access", exp=now - 1, nbf=now - 60))

    assert [answer.status_code for answer in good] == [200, 200]
    assert journal()[0]["credential"] == journal()[1]["credential"]
    assert (late.status_code, late.json()["code"]) == (401, 1002)
