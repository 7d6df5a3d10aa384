"""Kling, which has no SDK in a registry: its documented calls over HTTP, and a client that others made."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.probe import clip_facts, picture_size

PATH = "/v1/videos/text2video"
VIDEO = {"model_name": "kling-v2-6", "prompt": "a red fox", "mode": "std", "duration": "5"}


def signed(access: str, secret: str, lives_s: float = 1800) -> str:
    """
    Make the token of Kling's documentation: HS256 over the access key and two instants.
    """
    now = time.time()
    claims = {"iss": access, "exp": now + lives_s, "nbf": now - 5}
    parts = [encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    return ".".join([*parts, encoded(hmac.digest(secret.encode(), ".".join(parts).encode(), "sha256"))])


def encoded(raw: bytes) -> str:
    """
    Write bytes as a JWT does.
    """
    return urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.fixture(scope="module")
def kling(server: str) -> Iterator[httpx.Client]:
    """
    Yield a client with a good token.
    """
    headers = {"authorization": f"Bearer {signed('access', 'secret')}"}
    with httpx.Client(base_url=f"{server}/kling", headers=headers) as client:
        yield client


def ended(kling: httpx.Client, name: str) -> dict[str, Any]:
    """
    Ask for a task until it is over.
    """
    for _ in range(200):
        task: dict[str, Any] = kling.get(f"{PATH}/{name}").json()["data"]
        if task["task_status"] in ("succeed", "failed"):
            return task
        time.sleep(0.05)
    raise AssertionError(f"{name} never ended")


def test_a_video_is_a_task_that_ends_with_a_link(kling: httpx.Client) -> None:
    """
    Submit, wait, result: the link leads to a clip as asked for, and the units are told.
    """
    made = kling.post(PATH, json=VIDEO).json()

    task = ended(kling, made["data"]["task_id"])

    assert (made["code"], made["data"]["task_status"]) == (0, "submitted")
    link = task["task_result"]["videos"][0]["url"]
    assert clip_facts(kling.get(link).content) == (1280, 720, 5.0)
    assert task["final_unit_deduction"] == "2"


def test_a_failed_task_says_why(kling: httpx.Client, break_: Callable[..., None]) -> None:
    """
    A task that Kling took and failed has a message and no result.
    """
    break_("kling", "fail_after_accept")

    task = ended(kling, kling.post(PATH, json=VIDEO).json()["data"]["task_id"])

    assert (task["task_status"], "task_result" in task) == ("failed", False)
    assert task["task_status_msg"]


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"kind": "status", "status": 429}, 429, 1302),
        ({"kind": "status", "status": 503}, 503, 5001),
        ({"kind": "moderation", "on": "submit"}, 400, 1301),
    ],
)
def test_an_error_has_klings_code(
    kling: httpx.Client, break_: Callable[..., None], fault: dict[str, Any], status: int, code: int
) -> None:
    """
    A refusal is an envelope with a code of its own.
    """
    break_("kling", **fault)

    answer = kling.post(PATH, json=VIDEO)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_expired_token_is_refused(kling: httpx.Client) -> None:
    """
    A token whose time is over is a 401.
    """
    late = {"authorization": f"Bearer {signed('access', 'secret', lives_s=-1)}"}

    assert kling.post(PATH, json=VIDEO, headers=late).status_code == 401


def test_a_task_cannot_be_cancelled(kling: httpx.Client) -> None:
    """
    Kling has no such call.
    """
    name = kling.post(PATH, json=VIDEO).json()["data"]["task_id"]

    assert kling.delete(f"{PATH}/{name}").status_code == 404


@pytest.fixture(scope="module")
def others(node: Callable[[str], Any]) -> Any:
    """
    Run what drives the client that others made.
    """
    return node("kling")


def test_others_client_waits_for_clips_and_pictures(others: Any) -> None:
    """
    It makes its own tokens, and takes what the tasks end with.
    """
    _, folder = others

    clips = [clip_facts((folder / name).read_bytes()) for name in ("words.mp4", "picture.mp4")]
    assert clips == [(720, 720, 5.0), (1280, 720, 5.0)]
    assert [picture_size((folder / f"{n}.png").read_bytes()) for n in (0, 1)] == [(1360, 768)] * 2


@pytest.mark.parametrize(
    ("name", "words", "code"),
    [
        ("failed", "Service internal error", 5000),
        ("moderated", "risk control", 5000),  # the client's own code for whatever failed
        ("refused", "content security policy", 1301),
        ("limited", "told to fail this call", 1302),
        ("unknown", "nobody", 1203),
    ],
)
def test_others_client_reads_klings_errors(others: Any, name: str, words: str, code: int) -> None:
    """
    With their codes.
    """
    told = others[0][name]

    assert (told["error"], words in told["message"], told["code"]) == ("KlingAPIError", True, code)
