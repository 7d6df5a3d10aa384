"""Ideogram's pictures."""

from collections.abc import Callable

import httpx
import pytest

from tests.builders import a_png

Break = Callable[..., None]
PATH = "/ideogram/v1/ideogram-v3/generate"


def test_a_ratio_is_written_with_an_x(
    sandbox: httpx.Client, picture_size: Callable[[bytes], tuple[int, int]]
) -> None:
    """
    Each picture says its size, its seed and that it is safe.
    """
    form = {"prompt": (None, "a fox"), "aspect_ratio": (None, "1x1"), "seed": (None, "7")}

    picture = sandbox.post(PATH, files=form).json()["data"][0]

    assert (picture["resolution"], picture["seed"], picture["is_image_safe"]) == ("1024x1024", 7, True)
    assert picture_size(sandbox.get(picture["url"]).content) == (1024, 1024)


@pytest.mark.parametrize(("on", "status"), [("submit", 422), ("job", 200)])
def test_what_is_not_safe_has_no_link(sandbox: httpx.Client, break_: Break, on: str, status: int) -> None:
    """
    A prompt is refused with a 422, a picture with a 200.
    """
    break_("ideogram", "moderation", on=on)

    answer = sandbox.post(PATH, files={"prompt": (None, "a fox")})

    assert answer.status_code == status
    assert answer.json().get("data", [{"url": None}])[0]["url"] is None


def test_a_remix_needs_its_picture(sandbox: httpx.Client) -> None:
    """
    The picture is a part of the form, and is opened.
    """
    form = {"prompt": (None, "a fox")}

    codes = [
        sandbox.post("/ideogram/v1/ideogram-v3/remix", files=form | files).status_code
        for files in (
            {},
            {"image": ("a.png", b"none", "image/png")},
            {"image": ("a.png", a_png(), "image/png")},
        )
    ]

    assert codes == [400, 400, 200]
