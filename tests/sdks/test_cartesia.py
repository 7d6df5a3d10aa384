"""Cartesia's SDK: speech and transcription."""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import cartesia
import pytest

from tests.probe import sound_seconds

TEXT = "Hello from the fox. " * 3
VOICE = "6ccbfb76-1fc6-48f7-b71d-91ac6298247b"
MP3: Any = {"container": "mp3", "sample_rate": 44100, "bit_rate": 128000}
WAV: Any = {"container": "wav", "sample_rate": 44100, "encoding": "pcm_s16le"}


@pytest.fixture(scope="module")
def sonic(server: str) -> Iterator[cartesia.Cartesia]:
    """
    Yield the SDK's client as it comes, but for its base URL; answers are held against its types.
    """
    strict: Any = {"_strict_response_validation": True}
    with cartesia.Cartesia(base_url=f"{server}/cartesia", api_key="key", **strict) as client:
        yield client


@pytest.mark.parametrize("form", [MP3, WAV])
def test_speech_comes_in_the_format_that_was_asked_for(sonic: cartesia.Cartesia, form: Any) -> None:
    """
    A voice is an id or an object with one.
    """
    voices: list[Any] = [VOICE, {"id": VOICE}]
    sounds = [
        sonic.tts.generate(model_id="sonic-3.5", transcript=TEXT, voice=voice, output_format=form).read()
        for voice in voices
    ]

    assert [sound_seconds(each) for each in sounds] == [pytest.approx(60 * 0.06, abs=0.2)] * 2


def test_a_file_is_heard_word_by_word(sonic: cartesia.Cartesia, sound: bytes) -> None:
    """
    The words come where they are asked for, and reach to the file's end.
    """
    file = ("a.wav", BytesIO(sound), "audio/wav")

    plain = sonic.stt.transcribe(file=("a.wav", BytesIO(sound), "audio/wav"), model="ink-whisper")
    timed = sonic.stt.transcribe(
        file=file, model="ink-whisper", language="de", timestamp_granularities=["word"]
    )

    assert (plain.words, timed.language, timed.text) == (None, "de", plain.text)
    assert (timed.duration, timed.words[-1].end) == (3, 3)


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        ({"kind": "status", "status": 401}, cartesia.AuthenticationError, "unauthorized"),
        ({"kind": "status", "status": 429}, cartesia.RateLimitError, "too_many_requests"),
        ({"kind": "fail_after_accept"}, cartesia.InternalServerError, "internal_server_error"),
        ({"kind": "moderation"}, cartesia.BadRequestError, "content_refused"),
    ],
)
def test_an_error_has_the_sdks_class_and_cartesias_code(
    sonic: cartesia.Cartesia,
    break_: Callable[..., None],
    fault: dict[str, Any],
    kind: type[cartesia.APIStatusError],
    code: str,
) -> None:
    """
    The SDK tells by the status, and shows the body.
    """
    break_("cartesia", **fault)

    with pytest.raises(kind) as caught:
        sonic.with_options(max_retries=0).tts.generate(
            model_id="sonic-3", transcript=TEXT, voice=VOICE, output_format=MP3
        )

    assert caught.value.body["error_code"] == code


def test_what_is_no_sound_is_refused(sonic: cartesia.Cartesia, photo: bytes) -> None:
    """
    A picture is a caller's mistake.
    """
    with pytest.raises(cartesia.BadRequestError):
        sonic.stt.transcribe(file=("a.wav", BytesIO(photo), "audio/wav"), model="ink-whisper")
