"""OpenAI's films: jobs under other names, made, looked at, listed, erased; the file by a redirect."""

from typing import Any

from gateway.domain import body as bodies
from gateway.domain.job import Job
from gateway.domain.openai import field, video
from gateway.flow import accept, destination
from gateway.flow import erase as files
from gateway.flow import repeat as repeats
from gateway.flow import upload as uploads
from gateway.flow.front import Caller
from gateway.flow.listing import listed
from gateway.handlers import _form, _wiring
from gateway.handlers._call import Event, Reply, Route, base_url, caller, page_size
from gateway.handlers._repeat import resendable
from gateway.handlers._reply import redirect, reply
from gateway.handlers._trace import headers_of

_ports = _wiring.the_ports()
# What the client that waits shall do between two looks.
POLL_MS = 2000


def _create(event: Event) -> Reply:
    sender, sent = caller(event, "submit"), _form.read(event, _ports.plan)
    asked, model = video.read(sent.given), field.model_of(sent.given)
    call = resendable(event, sender, sent.told)

    def make() -> Job:
        request = bodies.read(_stored(sender, asked, sent), model)
        return accept.accept(_ports, sender, request, base_url(event), call)

    with field.called(video.NAMES):
        taken = repeats.once(_ports, sender, call, make)
    word = "job accepted" if taken.new else "job asked for again"
    _wiring.logger.info(word, job=taken.job.id, model=taken.job.model, operation=taken.job.operation)
    job = (accept.run if taken.new else repeats.go_on)(_ports, taken.job, 0, False)
    return _shown(job, taken.headers)


def _stored(sender: Caller, asked: dict[str, Any], sent: _form.Sent) -> dict[str, Any]:
    """Store the picture that came along, and write the call with a reference to it."""
    given = sent.files.get("input_reference") or sent.files.get("image") or ()
    if len(given) > 1:
        raise field.wrong("input_reference", f"{len(given)} files came, and one is taken")
    taken = [uploads.take(_ports, sender.tenant, each.data, "image", "input_reference") for each in given]
    return asked | ({"image": taken[0]} if taken else {})


def _get(event: Event, video_id: str) -> Reply:
    return _shown(_film(caller(event, "read"), video_id))


def _list(event: Event) -> Reply:
    sender, asked = caller(event, "read"), event.get("queryStringParameters") or {}
    count, after = page_size(event), str(asked.get("after") or "")
    order = field.one_of(dict(asked), "order", ("desc", "asc"))
    page = listed(_ports, sender.tenant, _is_film, count, after, newest_first=order == "desc")
    shown = [video.document(job) for job in page.jobs]
    first = shown[0]["id"] if shown else None
    ends = {"first_id": first, "last_id": page.last or None, "has_more": page.more}
    return reply(200, {"object": "list", "data": shown, **ends})


def _delete(event: Event, video_id: str) -> Reply:
    job = files.erase(_ports, _film(caller(event, "submit"), video_id))
    _wiring.logger.info("job erased", job=job.id, status=job.status)
    return reply(
        200, {"id": job.id, "object": "video.deleted", "deleted": True}, headers_of(job, _ports.now())
    )


def _content(event: Event, video_id: str) -> Reply:
    asked = event.get("queryStringParameters") or {}
    job = _film(caller(event, "read"), video_id)
    key = video.content_of(job, str(asked.get("variant") or ""))
    found = redirect(destination.bucket_of(_ports, job).link(key))
    return found | {"headers": headers_of(job, _ports.now()) | found["headers"]}


def _film(sender: Caller, video_id: str) -> Job:
    job = _ports.jobs.get(sender.tenant, video_id)
    if job is None or not _is_film(job):
        raise video.missing(video_id)
    return job


def _is_film(job: Job) -> bool:
    return job.operation in video.OPERATIONS and job.erased_at is None


def _shown(job: Job, more: dict[str, str] | None = None) -> Reply:
    pause = {} if job.ended else {"openai-poll-after-ms": str(POLL_MS)}
    return reply(200, video.document(job), {**(more or {}), **headers_of(job, _ports.now()), **pause})


ROUTES: dict[tuple[str, str], Route] = {
    ("POST", "videos"): _create,
    ("GET", "videos"): _list,
    ("GET", "videos/{id}"): _get,
    ("DELETE", "videos/{id}"): _delete,
    ("GET", "videos/{id}/content"): _content,
}
