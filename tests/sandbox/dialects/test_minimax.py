"""MiniMax's clips in both forms, its pictures and its speech."""

from collections.abc import Callable
from typing import Any

import httpx

Wait = Callable[..., dict[str, Any]]
Break = Callable[..., None]
CLIP = {"model": "MiniMax-Hailuo-2.3", "prompt": "a fox"}
NEW = {"model": "MiniMax-H3", "content": [{"type": "text", "text": "a fox"}], "resolution": "768P"}


def test_a_clip_is_a_file_whose_link_is_asked_for(
    sandbox: httpx.Client, wait_for: Wait, clip_facts: Callable[[bytes], tuple[int, int, float]]
) -> None:
    """
    The finished task names a file and no link.
    """
    made = sandbox.post("/minimax/v1/video_generation", json=CLIP).json()
    path = f"/minimax/v1/query/video_generation?task_id={made['task_id']}"
    task = wait_for(path, lambda task: task["status"] == "Success")
    file = sandbox.get("/minimax/v1/files/retrieve", params={"file_id": task["file_id"]}).json()["file"]

    assert made["base_resp"]["status_code"] == 0
    assert (task["video_width"], task["video_height"], str(file["file_id"])) == (1366, 768, task["file_id"])
    assert clip_facts(sandbox.get(file["download_url"]).content) == (1366, 768, 6.0)


def test_errors_of_the_first_form_are_a_200(sandbox: httpx.Client, break_: Break) -> None:
    """
    A missing field and a sensitive text differ in their codes alone.
    """
    wrong = sandbox.post("/minimax/v1/image_generation", json={"model": "image-01"})
    break_("minimax", "moderation")
    refused = sandbox.post("/minimax/v1/video_generation", json=CLIP)

    answers = [(each.status_code, each.json()["base_resp"]["status_code"]) for each in (wrong, refused)]
    assert answers == [(200, 2013), (200, 1026)]


def test_the_second_form_has_its_clip_in_the_task(
    sandbox: httpx.Client, wait_for: Wait, clip_facts: Callable[[bytes], tuple[int, int, float]]
) -> None:
    """
    No file and no code, but HTTP's; a task that is not known is a 500.
    """
    made = sandbox.post("/minimax/v2/video_generation", json=NEW | {"ratio": "1:1", "duration": 5}).json()
    path = f"/minimax/v2/query/video_generation/{made['task_id']}"
    task = wait_for(path, lambda answer: answer["task"]["status"] == "succeeded")["task"]
    unknown = sandbox.get("/minimax/v2/query/video_generation/1")

    assert clip_facts(sandbox.get(task["content"]["url"]).content) == (768, 768, 5.0)
    assert (unknown.status_code, unknown.json()["type"]) == (500, "error")


def test_a_task_of_the_second_form_can_be_deleted(sandbox: httpx.Client) -> None:
    """
    It is cancelled from then on.
    """
    made = sandbox.post("/minimax/v2/video_generation", json=NEW).json()

    sandbox.delete(f"/minimax/v2/video_generation/{made['task_id']}")
    task = sandbox.get(f"/minimax/v2/query/video_generation/{made['task_id']}").json()["task"]

    assert task["status"] == "cancelled"


def test_an_item_without_its_role_is_refused(sandbox: httpx.Client) -> None:
    """
    Every picture says what it is for.
    """
    content = [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]

    answer = sandbox.post("/minimax/v2/video_generation", json=NEW | {"content": content})

    assert (answer.status_code, answer.json()["error"]["http_code"]) == (400, "400")


def test_speech_is_hexadecimal(sandbox: httpx.Client, sound_seconds: Callable[[bytes], float]) -> None:
    """
    The digits are a sound, and the characters are counted.
    """
    asked = {"model": "speech-2.8-hd", "text": "a fox in the snow", "voice_setting": {"voice_id": "v-1"}}

    answer = sandbox.post("/minimax/v1/t2a_v2", json=asked).json()

    assert answer["extra_info"]["usage_characters"] == 17
    assert sound_seconds(bytes.fromhex(answer["data"]["audio"])) > 0.5
