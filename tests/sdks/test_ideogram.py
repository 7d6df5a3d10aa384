"""Ideogram, which has no SDK: its documented forms over HTTP, and what its own description says of answers.

Source: Ideogram's OpenAPI description (2026-04-27) and developer.ideogram.ai/v1, read 2026-11-25.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.probe import picture_size

Break = Callable[..., None]
REQUIRED = {"is_image_safe": bool, "prompt": str, "resolution": str, "seed": int}
"""What each picture of an answer has to have, and its type."""


@pytest.fixture(scope="module")
def ideogram(server: str) -> Iterator[Callable[..., httpx.Response]]:
    """
    Yield a function that sends a form as the documents' own example does.
    """
    with httpx.Client(base_url=f"{server}/ideogram/v1/ideogram-v3", headers={"Api-Key": "key"}) as client:

        def post(service: str, files: dict[str, bytes] | None = None, **fields: str) -> httpx.Response:
            form: Any = {name: (None, value) for name, value in fields.items()}
            form |= {name: (f"{name}.png", data, "image/png") for name, data in (files or {}).items()}
            return client.post(f"/{service}", files=form)

        yield post


@pytest.mark.parametrize(
    ("service", "files", "fields", "size"),
    [
        (
            "generate",
            (),
            {"aspect_ratio": "16x9", "num_images": "2", "rendering_speed": "TURBO"},
            (1360, 768),
        ),
        ("remix", ("image",), {"image_weight": "50", "resolution": "1024x1024"}, (1024, 1024)),
        ("inpaint", ("image", "mask"), {"magic_prompt": "OFF"}, (1024, 1024)),
        ("replace-background", ("image",), {"seed": "7"}, (1024, 1024)),
    ],
)
def test_pictures_come_as_links(
    ideogram: Callable[..., httpx.Response],
    client: httpx.Client,
    photo: bytes,
    service: str,
    files: tuple[str, ...],
    fields: dict[str, str],
    size: tuple[int, int],
) -> None:
    """
    From words, and from pictures in the form.
    """
    answer = ideogram(service, dict.fromkeys(files, photo), prompt="a red fox", **fields).json()

    assert datetime.fromisoformat(answer["created"]).tzinfo
    assert len(answer["data"]) == int(fields.get("num_images", 1))
    for picture in answer["data"]:
        assert {name: type(picture[name]) for name in REQUIRED} == REQUIRED
        assert picture_size(client.get(picture["url"]).content) == size


@pytest.mark.parametrize(("on", "status"), [("submit", 422), ("job", 200)])
def test_what_is_not_safe_is_said_so(
    ideogram: Callable[..., httpx.Response], break_: Break, on: str, status: int
) -> None:
    """
    A prompt by an error, a picture by a mark and no link.
    """
    break_("ideogram", "moderation", on=on)

    answer = ideogram("generate", prompt="a red fox")

    assert answer.status_code == status
    if on == "submit":
        assert isinstance(answer.json()["error"], str)
    else:
        assert (answer.json()["data"][0]["is_image_safe"], answer.json()["data"][0]["url"]) == (False, None)


def test_a_wrong_input_a_bad_key_and_a_limit_have_their_status(
    server: str, ideogram: Callable[..., httpx.Response], break_: Break
) -> None:
    """
    400, 401 and 429.
    """
    wrong = ideogram("generate", prompt="a red fox", aspect_ratio="16:9").status_code
    form = {"prompt": (None, "a red fox")}
    key = httpx.post(f"{server}/ideogram/v1/ideogram-v3/generate", files=form).status_code
    break_("ideogram", "status", status=429)
    limit = ideogram("generate", prompt="a red fox").status_code

    assert (wrong, key, limit) == (400, 401, 429)
