"""OpenAI's own clients, for speech to text."""

import json
import subprocess
import wave
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from tests.e2e.conftest import ROOT, Gateway

NODE = Path(__file__).with_name("transcription.mjs")


def a_sound(seconds: int = 3) -> bytes:
    out = BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(2 * 8000 * seconds))
    return out.getvalue()


def file(data: bytes | None = None) -> tuple[str, bytes, str]:
    """Make a file as the client takes it; its name says nothing."""
    return "a.bin", data or a_sound(), "application/octet-stream"


@pytest.fixture
def ai(gateway: Gateway) -> Iterator[OpenAI]:
    """Yield the client, with our address and key."""
    with OpenAI(
        base_url=f"{gateway.stack.base_url}/v1", api_key=gateway.stack.api_key, max_retries=0
    ) as client:
        yield client


def test_a_file_is_heard_in_every_form(ai: OpenAI) -> None:
    """
    Times reach to the file's end; seconds and cost are told.
    """
    create = ai.audio.transcriptions.create
    asked: Any = {"response_format": "verbose_json", "timestamp_granularities": ["word", "segment"]}

    plain = create(file=file(), model="whisper-1")
    verbose = create(file=file(), model="whisper-1", **asked)
    srt: Any = create(file=file(), model="whisper-1", response_format="srt")

    assert verbose.text == plain.text
    assert (verbose.duration, verbose.segments[-1].end, verbose.words[-1].end) == (3, 3, 3)
    assert srt.startswith("1\n00:00:00,000 --> 00:00:0")
    assert (plain.usage.seconds, plain.usage.cost) == (3, 0.0003)


def test_another_provider_is_another_word(ai: OpenAI, gateway: Gateway) -> None:
    """
    The chain goes on where the first one fails, and the captions look the same.
    """
    gateway.break_provider("elevenlabs", kind="status", status=503)

    answer = ai.audio.transcriptions.with_raw_response.create(
        file=file(), model="scribe", response_format="vtt"
    )

    assert answer.parse().startswith("WEBVTT\n")
    assert (answer.headers["x-sluice-provider"], answer.headers["x-sluice-attempts"]) == ("openai", "2")


def test_what_cannot_be_heard_is_refused_before_anything_starts(ai: OpenAI, gateway: Gateway) -> None:
    """
    Each error names OpenAI's own parameter.
    """
    create, translate = ai.audio.transcriptions.create, ai.audio.translations.create
    timed: Any = {"response_format": "srt"}
    cases: list[tuple[Any, dict[str, Any], type[Exception], str | None]] = [
        (create, {"file": file(b"\x89PNG\r\n\x1a\nno sound"), "model": "whisper-1"}, BadRequestError, "file"),
        (create, {"file": file(), "model": "whisper-9"}, NotFoundError, "model"),
        (
            create,
            {"file": file(), "model": "whisper-1", "language": "Esperanto"},
            BadRequestError,
            "language",
        ),
        (
            create,
            {"file": file(), "model": "openai/gpt-4o-transcribe", **timed},
            BadRequestError,
            "response_format",
        ),
        (translate, {"file": file(), "model": "scribe"}, BadRequestError, "operation"),
    ]

    for call, fields, kind, param in cases:
        with pytest.raises(kind) as caught:
            call(**fields)
        assert getattr(caught.value, "param", None) == param

    assert gateway.starts() == []


def test_the_clients_for_node_hear_the_same(gateway: Gateway, tmp_path: Path) -> None:
    """
    OpenAI's answers, captions, stream and errors; the AI SDK hears and speaks.
    """
    sound = tmp_path / "a.wav"
    sound.write_bytes(a_sound())

    command = ["node", str(NODE), f"{gateway.stack.base_url}/v1", gateway.stack.api_key, str(sound)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    told = json.loads(ran.stdout)

    assert told["text"] == told["streamed"] == told["translated"]
    assert told["vtt"].startswith("WEBVTT\n")
    assert told["refused"] == [404, "model_not_found", "model"]
    assert (told["ai"]["text"], told["ai"]["seconds"]) == (told["text"], 3)
    assert (told["ai"]["spoken"], told["ai"]["bytes"] > 1000) == ("audio/mpeg", True)
