"""OpenAI's calls for speech to text, in our words and back."""

import json
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.job import CostLine, Job
from gateway.domain.openai import transcription
from gateway.domain.transcript import Passage, Transcript
from gateway.errors import InvalidRequest
from tests.builders import make_job, make_ports, plan_of

WORDS = (Passage("One", 0, 0.4), Passage("two.", 0.5, 1))
SAID = Transcript(
    "One two. Three.", "english", 2.5, (Passage("One two.", 0, 1), Passage("Three.", 1, 2.5)), WORDS
)


def asked(operation: str = "transcription", **fields: Any) -> transcription.Asked:
    return transcription.read({"model": "m", **fields}, operation)


def job(operation: str = "transcription") -> Job:
    """A job that heard two and a half seconds."""
    found = make_job(
        make_ports({}, plan_of("version: 1\nmodels: {}\n")),
        "openai/whisper-1",
        audio="https://a.example.com/a.mp3",
        operation=operation,
    )
    return replace(found, lines=(CostLine("input_second", 2.5, 6000, 60, 250, "x"),))


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({}, {}),
        ({"language": "de", "temperature": 0.2}, {"language": "de", "temperature": 0.2}),
        ({"file": "upl_1", "user": "c-1"}, {"audio": "upl_1", "customer_id": "c-1"}),
        ({"response_format": "srt"}, {"timestamps": "segment"}),
        ({"response_format": "verbose_json", "timestamp_granularities": ["word"]}, {"timestamps": "word"}),
        (
            {"response_format": "verbose_json", "timestamp_granularities": "segment"},
            {"timestamps": "segment"},
        ),
        ({"response_format": "diarized_json", "chunking_strategy": "auto"}, {"diarize": True}),
    ],
)
def test_a_call_is_read_in_our_words(fields: dict[str, Any], body: dict[str, Any]) -> None:
    """What is stored is always our own form; what the answer needs is asked of the model."""
    fixed = {"model": "m", "format": "json", "operation": "transcription"}

    assert asked(**fields).body == {**fixed, **body}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"response_format": "docx"}, "response_format"),
        ({"stream": True, "response_format": "srt"}, "stream"),
        ({"timestamp_granularities": ["word"]}, "timestamp_granularities"),
        (
            {"timestamp_granularities": ["letter"], "response_format": "verbose_json"},
            "timestamp_granularities",
        ),
        ({"model": ""}, "model"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(fields: dict[str, Any], param: str) -> None:
    """Nothing is started for it."""
    with pytest.raises(InvalidRequest, match=rf"^{param}: ") as caught:
        asked(**fields)

    assert caught.value.param == param


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("text", "One two. Three.\n"),
        ("srt", "1\n00:00:00,000 --> 00:00:01,000\nOne two.\n\n2\n00:00:01,000 --> 00:00:02,500\nThree.\n"),
        (
            "vtt",
            "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nOne two.\n\n00:00:01.000 --> 00:00:02.500\nThree.\n",
        ),
    ],
)
def test_captions_are_written_for_the_answer(form: str, text: str) -> None:
    """They are plain text, as OpenAI's are."""
    assert transcription.content(job(), SAID, asked(response_format=form)) == (
        "text/plain; charset=utf-8",
        text,
    )


def test_an_answer_tells_seconds_and_cost() -> None:
    """Clients read the usage of a transcription by its type."""
    kind, text = transcription.content(job(), SAID, asked())

    usage = {"type": "duration", "seconds": 2.5, "cost": 0.00025}
    assert (kind, json.loads(text)) == ("application/json", {"text": SAID.text, "usage": usage})


def test_a_verbose_answer_has_all_that_clients_demand_of_a_segment() -> None:
    """Words are there where they were asked for."""
    timed = asked(response_format="verbose_json", timestamp_granularities=["word", "segment"])

    found = json.loads(transcription.content(job(), SAID, timed)[1])

    assert (found["task"], found["language"], found["duration"]) == ("transcribe", "english", 2.5)
    assert found["words"] == [
        {"start": 0, "end": 0.4, "word": "One"},
        {"start": 0.5, "end": 1, "word": "two."},
    ]
    assert [(each["id"], each["text"]) for each in found["segments"]] == [(0, "One two."), (1, "Three.")]
    assert {"seek", "tokens", "avg_logprob", "no_speech_prob"} <= found["segments"][0].keys()


def test_a_translation_says_that_it_is_one() -> None:
    """There are no words without being asked for."""
    plain = asked("translation", response_format="verbose_json")

    found = json.loads(transcription.content(job("translation"), SAID, plain)[1])

    assert (found["task"], "words" in found) == ("translate", False)


def test_events_together_are_the_text() -> None:
    """The last one has it as a whole."""
    *deltas, done = transcription.events(job(), SAID)

    assert [each["delta"] for each in deltas] == ["One two.", " Three."]
    assert (done["type"], done["text"]) == ("transcript.text.done", SAID.text)


def test_where_captions_are_not_the_text_it_comes_in_one_piece() -> None:
    """Deltas never contradict the whole."""
    odd = Transcript("One two.", segments=(Passage("[noise]", 0, 1),))

    *deltas, _ = transcription.events(job(), odd)

    assert [each["delta"] for each in deltas] == ["One two."]


def test_a_model_without_times_is_told_of_by_openais_name() -> None:
    """The caller never said ``timestamps``."""
    ours = InvalidRequest("timestamps: is not a parameter.", code="unknown_parameter", param="timestamps")

    found = transcription.in_its_words(ours, asked(response_format="srt"))

    assert (found.param, "'srt' needs times" in str(found)) == ("response_format", True)
