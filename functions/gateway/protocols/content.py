"""What an answer to a step holds, read by the paths of the step's entry."""

import base64
import binascii
import struct
from collections.abc import Mapping
from typing import Any

from gateway.domain import media, pricing
from gateway.domain.outcome import Source
from gateway.protocols import mapping, transcript
from gateway.protocols.http import HttpResponse
from gateway.wire import Output, Step

# Told by marks that are too long to be samples by chance; an icon's are a zero and a one.
_NO_SOUND = ("image/png", "image/jpeg", "image/webp", "video/mp4")


def json(answer: HttpResponse) -> Any:
    """Return an answer's JSON, or ``None`` where it is none."""
    try:
        return answer.json()
    except ValueError:
        return None


def word(step: Step, answer: HttpResponse, body: Any) -> str:
    """Return ``queued``, ``running``, ``done`` or ``failed``; a word that no table knows means running."""
    if not step.status:
        return "done"
    found = answer.status if step.status == "http" else mapping.first(body, step.status, answer.headers)
    said = mapping.text(found)
    if not said and answer.status >= 400:
        return ""
    return step.words.get(said, "running")


def progress(step: Step, body: Any, answer: HttpResponse) -> float | None:
    """Return how far the job is, from 0 to 1, or ``None`` where the answer does not say."""
    value = mapping.first(body, step.progress, answer.headers)
    return min(1.0, value / step.progress_of) if isinstance(value, int | float) else None


def kept(keep: Mapping[str, str], body: Any, answer: HttpResponse) -> dict[str, str]:
    """Return what later steps may name; what the answer has not is empty."""
    return {name: mapping.text(mapping.first(body, path, answer.headers)) for name, path in keep.items()}


def usage(step: Step, body: Any, answer: HttpResponse) -> dict[str, int | float]:
    """Read what is billed by; seconds may have a fraction, to hundredths."""
    found = {meter: mapping.first(body, path, answer.headers) for meter, path in step.usage.items()}
    counts = {meter: mapping.number(value) for meter, value in found.items()}
    return {meter: pricing.whole(round(count, 2)) for meter, count in counts.items() if count is not None}


def is_file(step: Step, answer: HttpResponse) -> bool:
    """Tell whether an answer is itself the file that the step is for."""
    return answer.status < 400 and any(output.kind == "bytes" for output in step.outputs)


def sources(output: Output, answer: HttpResponse, body: Any, form: str) -> list[Source]:
    """Return the files that an answer holds or names.

    Args:
        form: the form that a transcript is asked for in, one of ``transcript.FORMATS``.
    """
    if output.kind == "bytes":
        return [Source(data=answer.body)] if answer.body else []
    if output.kind == "transcript":
        data = transcript.written(output, body, answer.headers, form)
        return [Source(data=data)] if data else []
    values = [value for value in mapping.get(body, output.path, answer.headers) if isinstance(value, str)]
    if output.kind == "url":
        return [Source(url=value, keyed=output.keyed) for value in values]
    decode = bytes.fromhex if output.kind == "hex" else base64.b64decode
    try:
        # What stands before a comma is the head of a data URI; neither alphabet has one.
        files = [decode(value.rpartition(",")[2]) for value in values]
    except (ValueError, binascii.Error):
        return []
    return [Source(data=_wave(output.rate_hz, data) if output.rate_hz else data) for data in files]


def _wave(rate_hz: int, samples: bytes) -> bytes:
    """Put a WAV file's head before samples of 16 bit and one channel; what is no sound stays as it is."""
    start = samples[: media.HEAD_BYTES]
    if media.sniff(start) in _NO_SOUND or media.sniff_text(start):
        return samples
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate_hz, rate_hz * 2, 2, 16)
    riff = struct.pack("<4sI4s", b"RIFF", 36 + len(samples), b"WAVE")
    return riff + form + struct.pack("<4sI", b"data", len(samples)) + samples
