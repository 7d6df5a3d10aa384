"""OpenAI's SDK: images and speech."""

from base64 import b64decode
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import openai
import pytest

from tests.probe import picture_size, sound_seconds

IMAGE: dict[str, Any] = {"model": "gpt-image-2", "prompt": "a red fox"}
SPEECH: dict[str, Any] = {"model": "gpt-4o-mini-tts", "voice": "alloy", "input": "Hello from the fox. " * 3}


@pytest.fixture(scope="module")
def ai(server: str) -> Iterator[openai.OpenAI]:
    """
    Yield the SDK's client as it comes, but for its base URL; answers are held against its types.
    """
    strict: Any = {"_strict_response_validation": True}
    with openai.OpenAI(base_url=f"{server}/openai/v1", api_key="key", **strict) as client:
        yield client


def test_images_come_as_files_with_their_tokens(ai: openai.OpenAI) -> None:
    """
    Number, size and format are as asked for, and the usage parses.
    """
    asked = {"size": "1024x1536", "quality": "low", "output_format": "webp", "n": 2}

    answer = ai.images.generate(**IMAGE, **asked)

    assert [picture_size(b64decode(image.b64_json)) for image in answer.data] == [(1024, 1536)] * 2
    assert (answer.output_format, answer.size, answer.quality) == ("webp", "1024x1536", "low")
    assert answer.usage.output_tokens == 2 * 408
    assert answer._request_id.startswith("req_")


def test_an_edit_takes_several_images_and_a_mask(ai: openai.OpenAI, photo: bytes) -> None:
    """
    The form that the SDK builds is read: every image counts.
    """
    images = [("a.png", BytesIO(photo), "image/png"), ("b.png", BytesIO(photo), "image/png")]

    answer = ai.images.edit(**IMAGE, image=images, mask=BytesIO(photo), size="1536x1024", n=1)

    assert picture_size(b64decode(answer.data[0].b64_json)) == (1536, 1024)
    assert answer.usage.input_tokens_details.image_tokens == 2 * 272


@pytest.mark.parametrize("edit", [False, True])
def test_a_streamed_image_comes_in_parts(ai: openai.OpenAI, photo: bytes, edit: bool) -> None:
    """
    Partial images come before the whole one, which carries the usage.
    """
    kind, call = ("image_edit", ai.images.edit) if edit else ("image_generation", ai.images.generate)
    asked = {"image": BytesIO(photo)} if edit else {}

    events = list(call(**IMAGE, **asked, stream=True, partial_images=2))

    assert [event.type for event in events] == [f"{kind}.partial_image"] * 2 + [f"{kind}.completed"]
    assert picture_size(b64decode(events[-1].b64_json)) == (1024, 1024)
    assert events[-1].usage.total_tokens > 1056


@pytest.mark.parametrize("form", ["mp3", "opus", "aac", "flac", "wav"])
def test_speech_comes_in_every_format(ai: openai.OpenAI, form: str, tmp_path: Any) -> None:
    """
    The SDK writes a file that plays for as long as the text takes.
    """
    with ai.audio.speech.with_streaming_response.create(**SPEECH, response_format=form) as answer:
        answer.stream_to_file(tmp_path / "said")

    assert sound_seconds((tmp_path / "said").read_bytes()) == pytest.approx(60 * 0.06, abs=0.2)


def test_speech_comes_as_raw_samples(ai: openai.OpenAI) -> None:
    """
    PCM is 24 kHz, 16 bit, mono, without a header; twice the speed is half the length.
    """
    slow = ai.audio.speech.create(**SPEECH, response_format="pcm").read()
    fast = ai.audio.speech.create(**SPEECH, response_format="pcm", speed=2).read()

    assert len(slow) == 2 * len(fast) == pytest.approx(60 * 0.06 * 24_000 * 2, abs=4)


def test_a_refused_call_is_sent_again_and_paid_once(
    ai: openai.OpenAI, break_: Callable[..., None], starts: Callable[[], list[bool]]
) -> None:
    """
    The SDK waits as long as Retry-After says, and its second call is the one that counts.
    """
    break_("openai", "status", status=429, retry_after=0.05, count=1)

    answer = ai.images.generate(**IMAGE)

    assert picture_size(b64decode(answer.data[0].b64_json)) == (1024, 1024)
    assert starts() == [False, True]


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        ({"kind": "status", "status": 429, "retry_after": 7}, openai.RateLimitError, "rate_limit_exceeded"),
        ({"kind": "status", "status": 401}, openai.AuthenticationError, "invalid_api_key"),
        ({"kind": "status", "status": 503}, openai.InternalServerError, "overloaded"),
        ({"kind": "fail_after_accept"}, openai.InternalServerError, None),
        ({"kind": "moderation"}, openai.BadRequestError, "moderation_blocked"),
    ],
)
def test_an_error_has_the_sdks_class_and_openais_code(
    ai: openai.OpenAI, break_: Callable[..., None], fault: dict[str, Any], error: type[Exception], code: str
) -> None:
    """
    The body's error is found by the SDK, with code and request id.
    """
    break_("openai", **fault)

    with pytest.raises(error, match=r"^Error code: \d{3} - ") as caught:
        ai.with_options(max_retries=0).images.generate(**IMAGE)

    assert (caught.value.code, caught.value.request_id[:4]) == (code, "req_")
    assert caught.value.response.headers.get("retry-after") == ("7" if "retry_after" in fault else None)


def test_a_wrong_parameter_is_named(ai: openai.OpenAI) -> None:
    """
    A size that no model has is a 400 that names the field.
    """
    with pytest.raises(openai.BadRequestError, match="Invalid value: '1x1'") as caught:
        ai.images.generate(**IMAGE, size="1x1")

    assert (caught.value.param, caught.value.type) == ("size", "invalid_request_error")


def test_a_bad_key_is_refused(ai: openai.OpenAI) -> None:
    """
    A key that OpenAI does not know is a 401.
    """
    with pytest.raises(openai.AuthenticationError, match="API key"):
        ai.with_options(api_key="invalid").audio.speech.create(**SPEECH)


def test_a_call_that_hangs_is_given_up(ai: openai.OpenAI, break_: Callable[..., None]) -> None:
    """
    The SDK's own time limit ends it.
    """
    break_("openai", "hang")

    with pytest.raises(openai.APITimeoutError, match="timed out"):
        ai.with_options(max_retries=0, timeout=0.3).images.generate(**IMAGE)
