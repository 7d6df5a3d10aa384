"""OpenAI's images and speech."""

from base64 import b64decode
from collections.abc import Callable

import httpx
import pytest

from tests.builders import a_png

IMAGES = "/openai/v1/images/generations"


def test_images_come_in_base64_with_the_tokens_of_their_size_and_quality(
    sandbox: httpx.Client, picture_size: Callable[[bytes], tuple[int, int]]
) -> None:
    """
    Every image has the size that was asked for, and usage follows it.
    """
    asked = {
        "model": "gpt-image-2",
        "prompt": "a red fox in snow",
        "size": "1536x1024",
        "quality": "low",
        "n": 2,
    }

    answer = sandbox.post(IMAGES, json=asked).json()

    assert [picture_size(b64decode(item["b64_json"])) for item in answer["data"]] == [(1536, 1024)] * 2
    assert (answer["size"], answer["quality"], answer["output_format"]) == ("1536x1024", "low", "png")
    assert answer["usage"]["output_tokens"] == 2 * 408
    assert answer["usage"]["input_tokens_details"] == {"text_tokens": 5, "image_tokens": 0}


@pytest.mark.parametrize("name", ["image", "image[]"])
def test_an_edit_takes_a_form(sandbox: httpx.Client, name: str) -> None:
    """
    An edit is a multipart call, and its picture counts as input.
    """
    form = {"model": "gpt-image-2", "prompt": "make it night", "n": "1"}

    answer = sandbox.post("/openai/v1/images/edits", data=form, files={name: ("a.png", a_png(), "image/png")})

    assert answer.status_code == 200
    assert answer.json()["usage"]["input_tokens_details"]["image_tokens"] > 0


def test_an_edit_of_what_is_no_picture_is_refused(sandbox: httpx.Client) -> None:
    """
    The file is opened, so that bytes which got lost on the way are seen.
    """
    form, broken = {"model": "gpt-image-2", "prompt": "x"}, {"image": ("a.png", a_png()[:40], "image/png")}

    answer = sandbox.post("/openai/v1/images/edits", data=form, files=broken)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "image")


def test_a_stream_ends_with_the_whole_image(sandbox: httpx.Client) -> None:
    """
    A streamed image comes as events: the partial ones, then the complete one.
    """
    asked = {"model": "gpt-image-2", "prompt": "a", "stream": True, "partial_images": 2}

    answer = sandbox.post(IMAGES, json=asked)

    events = [line[7:] for line in answer.text.splitlines() if line.startswith("event: ")]
    assert events == ["image_generation.partial_image"] * 2 + ["image_generation.completed"]


@pytest.mark.parametrize("form", ["mp3", "wav", "opus", "aac", "flac"])
def test_speech_lasts_as_long_as_its_text(
    sandbox: httpx.Client, sound_seconds: Callable[[bytes], float], form: str
) -> None:
    """
    Speech is bytes in the format that was asked for, 0.06 s a character.
    """
    asked = {"model": "gpt-4o-mini-tts", "voice": "alloy", "input": "x" * 50, "response_format": form}

    answer = sandbox.post("/openai/v1/audio/speech", json=asked)

    assert answer.headers["content-type"].startswith("audio/")
    assert sound_seconds(answer.content) == pytest.approx(3.0, abs=0.15)


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({"model": "gpt-image-2"}, 400, "prompt"),
        ({"model": "gpt-image-2", "prompt": "a", "n": 11}, 400, "n"),
        ({"model": "gpt-image-2", "prompt": "a", "size": "1x1"}, 400, "size"),
        ({"prompt": "a"}, 400, "model"),
    ],
)
def test_a_wrong_field_is_named(
    sandbox: httpx.Client, body: dict[str, object], status: int, param: str
) -> None:
    """
    A refusal has OpenAI's form and names the parameter.
    """
    answer = sandbox.post(IMAGES, json=body)

    assert answer.status_code == status
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert answer.json()["error"]["param"] == param
