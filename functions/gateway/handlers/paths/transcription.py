"""OpenAI's speech to text: a job that the call waits for, answered in the form that it asks for."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec

from gateway.domain import transcript
from gateway.domain.job import Job
from gateway.domain.openai import transcription
from gateway.domain.openai.transcription import Asked
from gateway.errors import InvalidRequest
from gateway.flow import destination
from gateway.flow import upload as uploads
from gateway.flow.front import Caller
from gateway.handlers import _form, _wait, _wiring
from gateway.handlers._call import Event, Live, Reply, caller
from gateway.handlers._reply import Streamed

_ports = _wiring.the_ports()


def _hear(operation: str, event: Event, *, left_s: float, streams: bool) -> Reply | Streamed:
    sender, sent = caller(event, "submit"), _form.read(event, _ports.plan)
    asked = transcription.read(sent.given, operation)
    try:
        job, headers = _wait.done(event, sender, sent.told, left_s, lambda: _stored(sender, asked, sent))
    except InvalidRequest as error:
        raise transcription.in_its_words(error, asked) from error
    said = transcript.read(msgspec.json.decode(b"".join(_file(job))))
    if asked.streams:
        told = (b"data: %s\n\n" % msgspec.json.encode(each) for each in transcription.events(job, said))
        return Streamed(200, headers | {"content-type": "text/event-stream"}, told)
    content_type, text = transcription.content(job, said, asked)
    headers |= {"content-type": content_type, "cache-control": "no-store"}
    return {"statusCode": 200, "headers": headers, "body": text}


def _stored(sender: Caller, asked: Asked, sent: _form.Sent) -> dict[str, Any]:
    """Store the sound that came along, and write the call with a reference to it."""
    files = sent.files.get("file")
    if not files:
        return asked.body
    return asked.body | {"audio": uploads.take(_ports, sender.tenant, files[0].data, "audio", "file")}


def _file(job: Job) -> Iterator[bytes]:
    return destination.bucket_of(_ports, job).read(job.outputs[0].key)


ROUTES: dict[tuple[str, str], Live] = {
    ("POST", "audio/transcriptions"): partial(_hear, "transcription"),
    ("POST", "audio/translations"): partial(_hear, "translation"),
}
