"""OpenAI's pictures: a job that the call waits for, answered by links or with the files in it."""

import base64
from typing import Any

from gateway.domain import view
from gateway.domain.job import Job
from gateway.domain.openai import failure, field, image
from gateway.errors import InvalidRequest
from gateway.flow import destination
from gateway.flow import upload as uploads
from gateway.flow.front import Caller
from gateway.handlers import _form, _wait, _wiring
from gateway.handlers._call import Event, Live, Reply, base_url, body, caller
from gateway.handlers._reply import reply

_ports = _wiring.the_ports()
# Of all files that an answer holds; its function has half a gigabyte.
MOST_BYTES = 20 * 1024 * 1024


def _generate(event: Event, *, left_s: float, streams: bool) -> Reply:
    sender, given = caller(event, "submit"), body(event)
    asked = image.read(given)
    field.model_of(given)
    with field.called(image.NAMES):
        job, headers = _wait.done(event, sender, given, left_s, lambda: asked.body)
    return _answer(event, job, asked, headers)


def _edit(event: Event, *, left_s: float, streams: bool) -> Reply:
    sender, sent = caller(event, "submit"), _form.read(event, _ports.plan)
    asked = image.read(sent.given)
    field.model_of(sent.given)
    if not sent.files.get("image") and not asked.body.get("image"):
        raise InvalidRequest(
            "image: is required: a file, a URL, or the reference of an upload.",
            code="missing_parameter",
            param="image",
        )
    with field.called(image.NAMES):
        job, headers = _wait.done(event, sender, sent.told, left_s, lambda: _stored(sender, asked, sent))
    return _answer(event, job, asked, headers)


def _stored(sender: Caller, asked: image.Asked, sent: _form.Sent) -> dict[str, Any]:
    """Store the pictures that came along, and write the call with references to them."""
    stored = {
        name: [uploads.take(_ports, sender.tenant, each.data, "image", name) for each in sent.files[name]]
        for name in ("image", "mask")
        if name in sent.files
    }
    masks = {"mask": stored["mask"][0]} if "mask" in stored else {}
    return image.with_files(asked.body, stored.get("image", ())) | masks


def _answer(event: Event, job: Job, asked: image.Asked, headers: dict[str, str]) -> Reply:
    if not asked.inline:
        outputs = view.job_document(job, base_url(event), _wiring.link_secret)["outputs"]
        return reply(200, image.document(job, [{"url": output["url"]} for output in outputs]), headers)
    if sum(output.bytes for output in job.outputs) > MOST_BYTES:
        raise failure.too_large(job, MOST_BYTES)
    bucket = destination.bucket_of(_ports, job)
    files = [b"".join(bucket.read(output.key)) for output in job.outputs]
    return reply(
        200, image.document(job, [{"b64_json": base64.b64encode(each).decode()} for each in files]), headers
    )


ROUTES: dict[tuple[str, str], Live] = {
    ("POST", "images/generations"): _generate,
    ("POST", "images/edits"): _edit,
}
