"""Recraft's pictures."""

from collections.abc import Callable

import httpx

from tests.builders import a_png

PATH = "/recraft/v1/images/generations"


def test_a_size_may_be_a_ratio(
    sandbox: httpx.Client, picture_size: Callable[[bytes], tuple[int, int]]
) -> None:
    """
    Units and links come with the pictures.
    """
    asked = {"prompt": "a fox", "model": "recraftv4", "size": "1:1", "n": 2}

    answer = sandbox.post(PATH, json=asked).json()

    assert (answer["credits"], len(answer["data"])) == (80, 2)
    assert picture_size(sandbox.get(answer["data"][1]["url"]).content) == (1024, 1024)


def test_some_errors_are_plain_text(server: str, sandbox: httpx.Client) -> None:
    """
    Nobody may count on JSON.
    """
    answer = httpx.post(f"{server}{PATH}", json={"prompt": "a fox"})

    assert (answer.status_code, answer.text) == (401, "request unauthorized")
    assert sandbox.get("/recraft/v1/nothing").headers["content-type"].startswith("text/plain")


def test_painting_over_needs_a_mask(sandbox: httpx.Client) -> None:
    """
    Picture and mask are parts of the form.
    """
    form = {"prompt": (None, "a hat"), "image": ("a.png", a_png(), "image/png")}

    without = sandbox.post("/recraft/v1/images/inpaint", files=form)
    whole = sandbox.post("/recraft/v1/images/inpaint", files=form | {"mask": ("m.png", a_png(), "image/png")})

    assert (without.status_code, without.json()["message"]) == (400, "mask is required")
    assert whole.status_code == 200
