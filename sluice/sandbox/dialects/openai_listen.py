"""OpenAI: transcription and translation of speech, answered in the same call.

Source: openai 3.57.0 (Python), read 2026-11-25.
"""

import json

from sluice.sandbox import fields, hearing
from sluice.sandbox.job import Job, Order
from sluice.sandbox.media.spec import Spec
from sluice.sandbox.media.speech import Word, sentences, timed
from sluice.sandbox.wire import Call, Refused, Reply, Submit, Trouble, json_reply

WHISPER = ("json", "text", "srt", "verbose_json", "vtt")
NEWER = {"gpt-4o-transcribe-diarize": ("json", "text", "diarized_json")}
"""The others that are no Whisper answer ``json`` alone."""

AUDIO_TOKENS_PER_S = 10


def _read(call: Call) -> Order:
    model = fields.text(call.body, "model")
    files = [data for name, data in call.uploads if name == "file"]
    if not files:
        raise fields.invalid("file", "Missing required parameter: 'file'.")
    translates = call.path.endswith("translations")
    whisper = model.startswith("whisper")
    if translates and not whisper:
        raise fields.invalid("model", f"Invalid value: {model!r}. Supported values are: 'whisper-1'.")
    known = WHISPER if whisper else NEWER.get(model, ("json",))
    form = fields.choice(call.body, "response_format", "json", known)
    granularities = _list(call.body.get("timestamp_granularities[]"))
    if granularities and form != "verbose_json":
        raise fields.invalid("timestamp_granularities", "It needs response_format=verbose_json.")
    spec = hearing.of_file(call, model, "file", files[0])
    notes = {"form": form, "words": "word" in granularities, "translates": translates}
    return Order(model, (spec,), notes=notes)


def _answer(call: Call, job: Job, bodies: list[bytes]) -> Reply:
    if job.ending == "moderated":
        raise Refused(Trouble("moderation", "Your request was rejected by the safety system."))
    spec, form = job.order.outputs[0], str(job.order.notes["form"])
    headers = {"x-request-id": job.id}
    if str(call.body.get("stream")).lower() == "true" and not job.order.model.startswith("whisper"):
        return _stream(spec, headers)
    if form in ("text", "srt", "vtt"):
        text = {"text": _text, "srt": _srt, "vtt": _vtt}[form](spec)
        return Reply(200, text.encode(), "text/plain; charset=utf-8", headers, has_media=True)
    return json_reply(200, _FORMS[form](call, job, spec), headers, has_media=True)


def _json(call: Call, job: Job, spec: Spec) -> dict[str, object]:
    whisper = job.order.model.startswith("whisper")
    usage = {"type": "duration", "seconds": round(spec.duration_s)} if whisper else _tokens(spec)
    return {"text": spec.text, "usage": usage}


def _tokens(spec: Spec) -> dict[str, object]:
    heard, made = round(spec.duration_s * AUDIO_TOKENS_PER_S), -(-len(spec.text) // 4)
    details = {"audio_tokens": heard, "text_tokens": 0}
    return {
        "type": "tokens",
        "input_tokens": heard,
        "input_token_details": details,
        "output_tokens": made,
        "total_tokens": heard + made,
    }


def _verbose(call: Call, job: Job, spec: Spec) -> dict[str, object]:
    words = timed(spec)
    answer: dict[str, object] = {
        "task": "translate" if job.order.notes["translates"] else "transcribe",
        "language": "english",
        "duration": spec.duration_s,
        "text": spec.text,
        "segments": [_segment(i, text, own) for i, (text, own) in enumerate(sentences(words))],
        "usage": {"type": "duration", "seconds": round(spec.duration_s)},
    }
    if job.order.notes["words"]:
        answer["words"] = [{"word": w.text.strip("."), "start": w.start, "end": w.end} for w in words]
    return answer


def _segment(number: int, text: str, words: list[Word]) -> dict[str, object]:
    facts = {"temperature": 0.0, "avg_logprob": -0.2, "compression_ratio": 1.1, "no_speech_prob": 0.01}
    times = {"start": words[0].start, "end": words[-1].end}
    return {"id": number, "seek": 0, **times, "text": f" {text}", "tokens": [50364, 50464], **facts}


def _diarized(call: Call, job: Job, spec: Spec) -> dict[str, object]:
    segments = [
        {"type": "transcript.text.segment", "id": f"seg_{i}", "start": own[0].start, "end": own[-1].end}
        | {"speaker": "AB"[i % 2], "text": f" {text}"}
        for i, (text, own) in enumerate(sentences(timed(spec)))
    ]
    whole = {"task": "transcribe", "duration": spec.duration_s, "text": spec.text}
    return {**whole, "segments": segments, "usage": _tokens(spec)}


def _stream(spec: Spec, headers: dict[str, str]) -> Reply:
    said = [text for text, _ in sentences(timed(spec))]
    deltas = [text if i == 0 else f" {text}" for i, text in enumerate(said)]
    events: list[dict[str, object]] = [{"type": "transcript.text.delta", "delta": each} for each in deltas]
    events.append({"type": "transcript.text.done", "text": spec.text, "usage": _tokens(spec)})
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    return Reply(200, body.encode(), "text/event-stream; charset=utf-8", headers, has_media=True)


def _text(spec: Spec) -> str:
    return f"{spec.text}\n"


def _srt(spec: Spec) -> str:
    found = enumerate(sentences(timed(spec)), 1)
    return "".join(f"{n}\n{_span(own, ',')}\n{text}\n\n" for n, (text, own) in found)


def _vtt(spec: Spec) -> str:
    cues = [f"{_span(own, '.')}\n{text}\n\n" for text, own in sentences(timed(spec))]
    return "WEBVTT\n\n" + "".join(cues)


def _span(words: list[Word], point: str) -> str:
    return " --> ".join(_clock(at, point) for at in (words[0].start, words[-1].end))


def _clock(at: float, point: str) -> str:
    whole, milliseconds = divmod(round(at * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{point}{milliseconds:03}"


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value] if value else []


_FORMS = {"json": _json, "verbose_json": _verbose, "diarized_json": _diarized}
LISTEN = (Submit(r"(?:/[\w.-]+)*/audio/(transcriptions|translations)", _read, _answer, inline=True),)
