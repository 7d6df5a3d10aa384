"""ElevenLabs' sounds."""

import json
from base64 import b64decode
from collections.abc import Callable
from typing import Any

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


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ({"prompt": "a song", "music_length_ms": 4000}, 4),
        ({"composition_plan": {"sections": [{"duration_ms": 3000}, {"duration_ms": 4000}]}}, 7),
        ({"composition_plan": {"chunks": [{"duration_ms": 5000}]}, "model_id": "music_v2"}, 5),
    ],
)
def test_music_lasts_as_long_as_asked_or_planned(
    sandbox: httpx.Client, sound_seconds: Callable[[bytes], float], asked: dict[str, Any], seconds: float
) -> None:
    """
    A plan's parts have lengths of their own; the format may be left to the provider.
    """
    answer = sandbox.post("/elevenlabs/v1/music?output_format=auto", json=asked)

    assert sound_seconds(answer.content) == pytest.approx(seconds, abs=0.1)


def test_only_music_has_a_format_of_its_own_choice(sandbox: httpx.Client) -> None:
    """
    Speech does not know ``auto``; a plan without parts is no plan.
    """
    speech = sandbox.post(SPEECH, params={"output_format": "auto"}, json={"text": "x"})
    music = sandbox.post("/elevenlabs/v1/music", json={"composition_plan": {"sections": []}})

    assert (speech.status_code, music.status_code) == (422, 422)


def test_timestamps_come_as_lines_in_a_stream(sandbox: httpx.Client) -> None:
    """
    Every line is an object with a piece of the sound; only the first is aligned.
    """
    whole = sandbox.post(SPEECH + "/with-timestamps", json={"text": "hello"}).json()
    answer = sandbox.post(SPEECH + "/stream/with-timestamps", json={"text": "hello"})

    first, second = (json.loads(line) for line in answer.text.splitlines())
    sound = b64decode(first["audio_base64"]) + b64decode(second["audio_base64"])
    assert sound == b64decode(whole["audio_base64"])
    assert (first["alignment"], second["alignment"]) == (whole["alignment"], None)


def test_a_missing_text_is_a_422(sandbox: httpx.Client) -> None:
    """
    A refusal of the input names the field the way FastAPI does.
    """
    answer = sandbox.post(SPEECH, json={})

    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "text"])
