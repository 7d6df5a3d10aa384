"""AssemblyAI's SDK: a file is uploaded, its transcript waited for, looked at and erased."""

from collections.abc import Callable, Iterator
from io import BytesIO

import assemblyai
import pytest
from assemblyai import TranscriptionConfig

URL = "https://example.com/a.mp3"
SPEAKERS = TranscriptionConfig(speaker_labels=True, speech_models=["universal-3-pro"])


@pytest.fixture(scope="module")
def ai(server: str) -> Iterator[assemblyai.Transcriber]:
    """
    Yield the SDK's transcriber as it comes, but for its address and a shorter pause between two looks.
    """
    settings = assemblyai.settings  # the SDK has one for all that it does
    settings.api_key, settings.base_url, settings.polling_interval = "key", f"{server}/assemblyai", 0.1
    client = assemblyai.Client.get_default()
    with client.http_client:
        yield assemblyai.Transcriber(client=client)


def test_a_file_is_uploaded_and_heard(ai: assemblyai.Transcriber, sound: bytes) -> None:
    """
    The length is the file's own; words have milliseconds, and utterances their speakers.
    """
    transcript = ai.transcribe(BytesIO(sound), config=SPEAKERS)

    assert (transcript.status, transcript.audio_duration) == (assemblyai.TranscriptStatus.completed, 3)
    assert " ".join(word.text for word in transcript.words) == transcript.text
    assert transcript.words[-1].end == 3000
    assert [each.speaker for each in transcript.utterances][:1] == ["A"]


def test_a_url_is_submitted_and_looked_for_later(ai: assemblyai.Transcriber) -> None:
    """
    A transcript is found again by its id.
    """
    begun = ai.submit(URL)

    found = assemblyai.Transcript.get_by_id(begun.id)

    assert begun.status == assemblyai.TranscriptStatus.queued
    assert (found.status, found.utterances) == (assemblyai.TranscriptStatus.completed, None)


def test_a_transcript_is_erased(ai: assemblyai.Transcriber) -> None:
    """
    It is gone then.
    """
    begun = ai.submit(URL)

    erased = assemblyai.Transcript.delete_by_id(begun.id)

    assert erased.text == "Deleted by user."
    with pytest.raises(assemblyai.TranscriptError, match="no job"):
        assemblyai.Transcript.get_by_id(begun.id)


@pytest.mark.parametrize("kind", ["fail_after_accept", "moderation"])
def test_a_job_that_fails_says_why(
    ai: assemblyai.Transcriber, break_: Callable[..., None], kind: str
) -> None:
    """
    The SDK raises nothing for it: its status is error.
    """
    break_("assemblyai", kind, on="job")

    transcript = ai.transcribe(URL)

    assert transcript.status == assemblyai.TranscriptStatus.error
    assert "error" in transcript.error or "policy" in transcript.error


def test_a_refused_start_is_an_error(ai: assemblyai.Transcriber, break_: Callable[..., None]) -> None:
    """
    The SDK raises with the status.
    """
    break_("assemblyai", "status", status=429)

    with pytest.raises(assemblyai.TranscriptError) as caught:
        ai.transcribe(URL)

    assert caught.value.status_code == 429


def test_what_is_no_sound_is_refused(ai: assemblyai.Transcriber, photo: bytes) -> None:
    """
    A picture cannot be uploaded.
    """
    with pytest.raises(assemblyai.TranscriptError, match="audio"):
        ai.transcribe(BytesIO(photo))
