"""Speech to text: ``/v1/audio/transcriptions`` and ``/v1/audio/translations``."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from gateway.domain import pricing, transcript, view
from gateway.domain.job import Job
from gateway.domain.openai import field
from gateway.domain.transcript import Transcript, captions
from gateway.errors import InvalidRequest

_NAMES = {"file": "audio", "user": "customer_id"}
_TIMED = ("verbose_json", "srt", "vtt")
_PLAIN = {"text": transcript.as_text, "srt": transcript.as_srt, "vtt": transcript.as_vtt}
_FORMS = ("json", "text", "srt", "verbose_json", "vtt", "diarized_json")


@dataclass(frozen=True, slots=True)
class Asked:
    """A call in our words.

    Args:
        body: as that of ``POST /v1/{model}``; a file that came along is not in it yet.
        form: how the answer shall be written; what is stored is in our own form always.
        words: whether the answer shall have each word's time.
        streams: whether the answer shall come as events.
    """

    body: dict[str, Any]
    form: str
    words: bool
    streams: bool


def read(given: Mapping[str, Any], operation: str) -> Asked:
    """Read a call.

    Args:
        operation: transcription or translation.

    Raises:
        InvalidRequest: it asks for a form that there is not, or for what this form does not have.
    """
    found = field.renamed(given, _NAMES)
    field.model_of(found)
    form, streams = field.one_of(found, "response_format", _FORMS), bool(found.pop("stream", False))
    field.one_of(found, "chunking_strategy", ("auto",))
    words = _words(found.pop("timestamp_granularities", []), form)
    if streams and form != "json":
        raise field.wrong("stream", f"comes with 'response_format' 'json' alone, not {form!r}")
    if form == "diarized_json":
        found["diarize"] = True
    if form in _TIMED:
        found["timestamps"] = "word" if words else "segment"
    return Asked({**found, "format": "json", "operation": operation}, form, words, streams)


def in_its_words(error: InvalidRequest, asked: Asked) -> InvalidRequest:
    """Say what is wrong by the names that the caller used, where ours are others."""
    if error.param == "timestamps":
        model = asked.body["model"]
        return field.wrong(
            "response_format",
            f"{asked.form!r} needs times, which {model!r} does not tell; 'json' and 'text' do without",
        )
    if error.param == "audio" and "audio" not in asked.body:
        return InvalidRequest("file: is required, the sound to hear.", code="missing_parameter", param="file")
    return error


def content(job: Job, said: Transcript, asked: Asked) -> tuple[str, str]:
    """Write a finished job as OpenAI's answer: its type, and its text."""
    if write := _PLAIN.get(asked.form):
        return "text/plain; charset=utf-8", write(said) + "\n"
    return "application/json", msgspec.json.encode(_DOCUMENTS[asked.form](job, said, asked)).decode()


def events(job: Job, said: Transcript) -> Iterator[dict[str, Any]]:
    """Tell a transcript caption by caption, and then as a whole."""
    parts = [each.text for each in captions(said)]
    if " ".join(parts) != said.text:
        parts = [said.text]
    for number, part in enumerate(parts):
        yield {"type": "transcript.text.delta", "delta": f" {part}" if number else part}
    yield {"type": "transcript.text.done", "text": said.text, "usage": _usage(job, said)}


def _words(asked: Any, form: str) -> bool:
    granularities = asked if isinstance(asked, list) else [asked]
    for each in granularities:
        if each not in ("word", "segment"):
            raise field.wrong("timestamp_granularities", "is a list of 'word' and 'segment'")
    if granularities and form != "verbose_json":
        raise field.wrong("timestamp_granularities", "needs 'response_format' 'verbose_json'")
    return "word" in granularities


def _json(job: Job, said: Transcript, asked: Asked) -> dict[str, Any]:
    return {"text": said.text, "usage": _usage(job, said)}


def _verbose(job: Job, said: Transcript, asked: Asked) -> dict[str, Any]:
    words = {"words": transcript.document(said)["words"]} if asked.words else {}
    return {
        "task": "translate" if job.operation == "translation" else "transcribe",
        "language": said.language,
        "duration": _length_s(said),
        "text": said.text,
        "segments": [{**_UNTOLD, **each, "id": n} for n, each in enumerate(_segments(said))],
        **words,
        "usage": _usage(job, said),
    }


def _diarized(job: Job, said: Transcript, asked: Asked) -> dict[str, Any]:
    kind = "transcript.text.segment"
    return {
        "task": "transcribe",
        "duration": _length_s(said),
        "text": said.text,
        "segments": [{"type": kind, "id": f"seg_{n}", **each} for n, each in enumerate(_segments(said))],
        "usage": _usage(job, said),
    }


def _segments(said: Transcript) -> list[dict[str, Any]]:
    segments: list[dict[str, Any]] = transcript.document(said)["segments"]
    return segments


def _length_s(said: Transcript) -> float:
    return said.duration or max((each.end for each in captions(said)), default=0)


def _usage(job: Job, said: Transcript) -> dict[str, Any]:
    """Tell the seconds that were heard, and the cost in US dollars."""
    micros = view.cost_micros(job)
    seconds = next((line.units for line in job.lines if line.meter == "input_second"), None)
    return {
        "type": "duration",
        "seconds": seconds or _length_s(said),
        "cost": None if micros is None else float(pricing.usd(micros)),
    }


# What some clients demand of a segment and one provider alone tells.
_UNTOLD: dict[str, Any] = {
    "seek": 0,
    "tokens": [],
    "temperature": 0,
    "avg_logprob": 0,
    "compression_ratio": 0,
    "no_speech_prob": 0,
}
_DOCUMENTS: dict[str, Callable[[Job, Transcript, Asked], dict[str, Any]]] = {
    "json": _json,
    "verbose_json": _verbose,
    "diarized_json": _diarized,
}
