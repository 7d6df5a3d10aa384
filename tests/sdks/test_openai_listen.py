"""OpenAI's SDK: transcription and translation."""

from io import BytesIO
from typing import Any

import openai
import pytest

from tests.sdks.test_openai import ai

__all__ = ["ai"]


def file_of(data: bytes) -> Any:
    return ("a.wav", BytesIO(data), "audio/wav")


def test_a_transcript_tells_what_it_is_billed_by(ai: openai.OpenAI, sound: bytes) -> None:
    """
    Whisper counts seconds, the others tokens.
    """
    create = ai.audio.transcriptions.create
    whisper, newer = (create(model=name, file=file_of(sound)) for name in ("whisper-1", "gpt-4o-transcribe"))

    assert (whisper.text, whisper.usage.seconds) == (newer.text, 3)
    assert (newer.usage.type, newer.usage.input_token_details.audio_tokens) == ("tokens", 30)


def test_a_verbose_transcript_has_segments_and_words(ai: openai.OpenAI, sound: bytes) -> None:
    """
    Both granularities can be asked for at once.
    """
    asked: Any = {"response_format": "verbose_json", "timestamp_granularities": ["word", "segment"]}

    answer = ai.audio.transcriptions.create(model="whisper-1", file=file_of(sound), **asked)

    assert (answer.duration, answer.segments[-1].end, answer.words[-1].end) == (3, 3, 3)
    assert "".join(each.text for each in answer.segments).strip() == answer.text


@pytest.mark.parametrize(
    ("form", "start"), [("srt", "1\n00:00:00,000 --> "), ("vtt", "WEBVTT\n"), ("text", "")]
)
def test_captions_come_as_text(ai: openai.OpenAI, sound: bytes, form: Any, start: str) -> None:
    """
    The SDK hands them over as they are.
    """
    text: Any = ai.audio.transcriptions.create(model="whisper-1", file=file_of(sound), response_format=form)

    assert isinstance(text, str)
    assert text.startswith(start)


def test_speakers_are_told_apart(ai: openai.OpenAI, sound: bytes) -> None:
    """
    Segments name who says them.
    """
    asked: Any = {"response_format": "diarized_json", "chunking_strategy": "auto"}

    answer: Any = ai.audio.transcriptions.create(
        model="gpt-4o-transcribe-diarize", file=file_of(sound), **asked
    )

    assert [each.speaker for each in answer.segments][:2] == ["A", "B"]


def test_a_transcript_comes_while_it_is_written(ai: openai.OpenAI, sound: bytes) -> None:
    """
    The pieces together are the whole.
    """
    events = list(ai.audio.transcriptions.create(model="gpt-4o-transcribe", file=file_of(sound), stream=True))

    assert "".join(e.delta for e in events if e.type == "transcript.text.delta") == events[-1].text


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
def test_whisper_alone_translates(ai: openai.OpenAI, sound: bytes) -> None:
    """
    Another model is refused by name.
    """
    answer: Any = ai.audio.translations.create(
        model="whisper-1", file=file_of(sound), response_format="verbose_json"
    )

    assert answer.language == "english"
    with pytest.raises(openai.BadRequestError, match="whisper-1"):
        ai.audio.translations.create(model="gpt-4o-transcribe", file=file_of(sound))


def test_what_is_no_sound_is_refused(ai: openai.OpenAI, photo: bytes) -> None:
    """
    The parameter is named.
    """
    with pytest.raises(openai.BadRequestError) as caught:
        ai.audio.transcriptions.create(model="whisper-1", file=file_of(photo))

    assert caught.value.param == "file"
