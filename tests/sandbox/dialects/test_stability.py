"""Stability's forms, its header, and its task."""

import time
from collections.abc import Callable

import httpx
import pytest

from tests.builders import a_png

Break = Callable[..., None]
Size = Callable[[bytes], tuple[int, int]]
CORE = "/stability/v2beta/stable-image/generate/core"
FORM = {"prompt": (None, "a fox")}


def test_the_body_is_the_picture_and_the_rest_is_in_headers(
    sandbox: httpx.Client, picture_size: Size
) -> None:
    """
    Seed and finish reason come beside the bytes.
    """
    form = FORM | {"seed": (None, "7"), "aspect_ratio": (None, "1:1")}

    answer = sandbox.post(CORE, files=form, headers={"accept": "image/*"})

    assert (answer.headers["finish-reason"], answer.headers["seed"]) == ("SUCCESS", "7")
    assert picture_size(answer.content) == (1024, 1024)


@pytest.mark.parametrize(
    ("on", "status", "sign"), [("submit", 403, "content_moderation"), ("job", 200, None)]
)
def test_the_filter_has_two_voices(
    sandbox: httpx.Client, break_: Break, on: str, status: int, sign: str | None
) -> None:
    """
    What was asked is a 403, what was made is a 200 whose reason is not success.
    """
    break_("stability", "moderation", on=on)

    answer = sandbox.post(CORE, files=FORM, headers={"accept": "application/json"})

    assert (answer.status_code, answer.json().get("name")) == (status, sign)
    assert answer.json().get("finish_reason") == (None if sign else "CONTENT_FILTERED")


def test_a_task_is_a_202_until_it_is_a_picture(sandbox: httpx.Client, picture_size: Size) -> None:
    """
    The HTTP code is the state.
    """
    form = FORM | {"image": ("a.png", a_png(), "image/png")}
    made = sandbox.post("/stability/v2beta/stable-image/upscale/creative", files=form).json()

    answers = [sandbox.get(f"/stability/v2beta/results/{made['id']}", headers={"accept": "image/*"})]
    while answers[-1].status_code == 202:
        time.sleep(0.02)
        answers.append(sandbox.get(f"/stability/v2beta/results/{made['id']}", headers={"accept": "image/*"}))

    assert answers[0].json() == {"id": made["id"], "status": "in-progress"}
    assert picture_size(answers[-1].content) == (2048, 2048)


def test_a_picture_that_is_none_is_refused(sandbox: httpx.Client) -> None:
    """
    The file is opened.
    """
    form = FORM | {"image": ("a.png", b"no picture", "image/png")}

    answer = sandbox.post("/stability/v2beta/stable-image/edit/inpaint", files=form)

    assert (answer.status_code, answer.json()["name"]) == (400, "bad_request")


def test_json_is_no_form(sandbox: httpx.Client) -> None:
    """
    Only forms are read.
    """
    assert sandbox.post(CORE, json={"prompt": "a fox"}).status_code == 400
