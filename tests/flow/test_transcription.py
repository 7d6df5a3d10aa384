"""Speech becomes a text like any other output: stored, typed, priced by the seconds of the sound."""

import json

import pytest

from gateway.domain import upload
from gateway.domain.job import Job
from gateway.flow import accept, destination
from gateway.flow import upload as uploads
from gateway.flow.ports import Ports
from tests.builders import CALLER, a_wav, answer, make_job, make_ports, plan_of
from tests.domain.test_destination import BODY
from tests.fakes.files import FakeDestinations
from tests.fakes.wire import Answer
from tests.flow.steps import run_workflow

PLAN = plan_of("version: 1\nmodels: {}\n")
HEARD = answer(
    {
        "text": "The fox ran.",
        "language": "english",
        "duration": 12.5,
        "segments": [{"start": 0, "end": 12.5, "text": " The fox ran."}],
        "usage": {"type": "duration", "seconds": 13},
    }
)
TEXT = answer({"text": "BM is a fox.", "usage": {"type": "tokens", "input_tokens": 25}})


def ran(script: dict[str, list[Answer]], model: str, data: bytes = b"", **given: str) -> tuple[Ports, Job]:
    """Run a transcription of an upload within the call."""
    ports = make_ports(script, PLAN)
    reference = uploads.begin(ports, CALLER.tenant, upload.Wanted("audio/wav", 1, 10**6)).id
    key = upload.key_of(CALLER.tenant, reference)
    ports.uploads.files[key] = data or a_wav(2.5)  # type: ignore[attr-defined]
    job = make_job(ports, model, audio=reference, **given)
    return ports, accept.run(ports, job, 20, asked_to_wait=True)


def stored(ports: Ports, job: Job) -> tuple[str, str]:
    """Return the type of the only output, and what is in it."""
    (output,) = job.outputs
    return output.content_type, ports.artifacts.files[output.key].decode()  # type: ignore[attr-defined]


def test_a_transcript_is_a_file_of_json_and_costs_what_the_provider_counts() -> None:
    """
    The seconds that the provider bills go before those of the file.
    """
    ports, job = ran({"POST transcriptions": [HEARD]}, "openai/whisper-1")

    kind, text = stored(ports, job)
    assert (job.status, kind, json.loads(text)["segments"]) == (
        "succeeded",
        "application/json",
        [{"start": 0.0, "end": 12.5, "text": "The fox ran."}],
    )
    assert [(line.meter, line.units, line.micros) for line in job.lines] == [("input_second", 13, 1300)]


@pytest.mark.parametrize(
    ("form", "kind", "text"),
    [
        ("text", "text/plain", "The fox ran.\n"),
        ("srt", "application/x-subrip", "1\n00:00:00,000 --> 00:00:12,500\nThe fox ran.\n"),
        ("vtt", "text/vtt", "WEBVTT\n\n00:00:00.000 --> 00:00:12.500\nThe fox ran.\n"),
    ],
)
def test_a_transcript_comes_as_text_or_captions(form: str, kind: str, text: str) -> None:
    """
    We write them, whatever the provider can.
    """
    ports, job = ran({"POST transcriptions": [HEARD]}, "openai/whisper-1", format=form)

    assert stored(ports, job) == (kind, text)


def test_where_the_provider_tells_no_seconds_the_file_does() -> None:
    """
    Its length is probed when it is read; a text that begins like a bitmap is a text.
    """
    ports, job = ran({"POST transcriptions": [TEXT]}, "openai/gpt-4o-transcribe", a_wav(90), format="text")

    assert stored(ports, job) == ("text/plain", "BM is a fox.\n")
    assert [(line.meter, line.units, line.micros) for line in job.lines] == [("input_second", 90, 9000)]


def test_a_translation_is_an_operation_of_its_own() -> None:
    """
    The same model takes the same file to another path.
    """
    _, job = ran({"POST translations": [HEARD]}, "openai/whisper-1", operation="translation")

    assert (job.status, job.operation) == ("succeeded", "translation")


def test_a_transcript_that_is_a_job_at_its_provider_is_looked_for() -> None:
    """
    It comes with the last look, is written here, and its price is missing, which is not free.
    """
    plan = plan_of("version: 1\nmodels: {}\n", "version: 1\nproviders: {assemblyai: {secret: a}}\n")
    word = {"text": "Hi.", "start": 0, "end": 400}
    done = {"id": "t-1", "status": "completed", "text": "Hi.", "audio_duration": 1, "words": [word]}
    script = {
        "POST /v2/transcript": [answer({"id": "t-1", "status": "queued"})],
        "GET /v2/transcript": [answer({"id": "t-1", "status": "processing"}), answer(done)],
    }
    ports = make_ports(script, plan)

    job = make_job(ports, "assemblyai/universal-2", audio="https://a.example.com/a.mp3", format="srt")
    ended = run_workflow(ports, job)

    assert stored(ports, ended) == ("application/x-subrip", "1\n00:00:00,000 --> 00:00:00,400\nHi.\n")
    assert (ended.status, ended.priced, ended.attempt.usage) == ("succeeded", False, {"input_second": 1})


def test_a_transcript_goes_to_a_customers_bucket() -> None:
    """
    What it is is told again there, by its first letters.
    """
    ports = make_ports({"POST transcriptions": [TEXT]}, PLAN)
    destination.register(ports, "acme", BODY)
    destination.verify(ports, "acme", "films")
    given = {"format": "text", "delivery": {"destination": "films"}}
    reference = uploads.begin(ports, CALLER.tenant, upload.Wanted("audio/wav", 1, 10**6)).id
    ports.uploads.files[upload.key_of(CALLER.tenant, reference)] = a_wav()  # type: ignore[attr-defined]

    ended = run_workflow(ports, make_job(ports, "openai/gpt-4o-transcribe", audio=reference, **given))

    assert isinstance(ports.destinations, FakeDestinations)
    files = ports.destinations.buckets["acme-films"].files
    assert files == {f"renders/{ended.id}/1/0.txt": b"BM is a fox.\n"}
    assert ended.outputs[0].content_type == "text/plain"
