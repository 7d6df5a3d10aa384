"""ElevenLabs' sounds."""

from collections.abc import Callable

import httpx
import pytest

SPEECH = "/elevenlabs/v1/text-to-speech/voice"


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("mp3_44100_128", "audio/mpeg"),
        ("mp3_22050_32", "audio/mpeg"),
        ("wav_24000", "audio/wav"),
        ("opus_48000_64", "audio/ogg"),
    ],
)
def test_speech_has_the_format_of_the_query(
    sandbox: httpx.Client, sound_seconds: Callable[[bytes], float], form: str, kind: str
) -> None:
    """
    Speech is bytes in ``output_format``, and its cost is in a header.
    """
    answer = sandbox.post(SPEECH, params={"output_format": form}, json={"text": "x" * 40})

    assert (answer.headers["content-type"], answer.headers["character-cost"]) == (kind, "40")
    assert sound_seconds(answer.content) == pytest.approx(2.4, abs=0.1)


def test_raw_samples_have_no_header(sandbox: httpx.Client) -> None:
    """
    A pcm format is two bytes a sample.
    """
    answer = sandbox.post(SPEECH + "/stream?output_format=pcm_16000", json={"text": "x" * 40})

    assert len(answer.content) == 2.4 * 16_000 * 2


def test_a_sound_effect_lasts_as_long_as_asked(
    sandbox: httpx.Client, sound_seconds: Callable[[bytes], float]
) -> None:
    """
    A sound effect's length is its parameter.
    """
    asked = {"text": "thunder", "duration_seconds": 4.5}

    answer = sandbox.post("/elevenlabs/v1/sound-generation", json=asked)

    assert sound_seconds(answer.content) == pytest.approx(4.5, abs=0.1)


def test_a_missing_text_is_a_422(sandbox: httpx.Client) -> None:
    """
    A refusal of the input names the field the way FastAPI does.
    """
    answer = sandbox.post(SPEECH, json={})

    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "text"])
