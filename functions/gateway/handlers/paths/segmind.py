"""Segmind's API: what its SDK calls when only its base URL and key are ours.

``POST /v1/{slug}`` with ``x-api-key`` answers with the file itself; ``/v2`` is a queue to look at.
"""

import base64
from functools import wraps

from gateway.domain import body as bodies
from gateway.domain import segmind, view
from gateway.domain.job import Artifact, Job
from gateway.errors import GatewayError, JobFailed, TooLarge
from gateway.flow import accept
from gateway.flow import repeat as repeats
from gateway.handlers import _wiring
from gateway.handlers._call import Event, Reply, Route, base_url, body, caller
from gateway.handlers._guard import guarded
from gateway.handlers._header import LONGEST_WAIT_S
from gateway.handlers._repeat import repeat_of
from gateway.handlers._reply import reply
from gateway.handlers.paths.files import bucket

_ports = _wiring.the_ports()
# Lambda answers with 6 MiB at most, in base64 and beside the headers.
MOST_BYTES = 4_500_000


def told(route: Route) -> Route:
    """Let a route's errors be told as the SDK reads them."""

    @wraps(route)
    def call(event: Event, *names: str) -> Reply:
        return guarded(event, _ports.plan.hash, lambda event: route(event, *names), _refusal)

    return call


def _refusal(problem: GatewayError) -> Reply:
    job = {"x-request-id": problem.job_id} if problem.job_id else {}
    return reply(problem.status, segmind.error(problem), {**problem.headers, **job})


@told
def generate(event: Event, slug: str) -> Reply:
    """Run a model while the caller waits, and answer with the bytes of its first file, or with its words."""
    if chats(slug):
        return _chat(event, slug)
    taken = _taken(event, slug)
    go_on = accept.run if taken.new else repeats.go_on
    job = go_on(_ports, taken.job, LONGEST_WAIT_S, True)
    if not job.ended:
        raise JobFailed(
            504,
            f"the request {job.id} is not done after {LONGEST_WAIT_S} s, the longest that one call can wait "
            f"here; it goes on. Look at {segmind.links(job, base_url(event))['status_url']}, or send such "
            "requests to /v2 (run or submit_async in the SDK).",
            code="timeout",
            job_id=job.id,
        )
    if job.status != "succeeded":
        raise segmind.failure_of(job)
    return _file(event, job, job.outputs[0], taken.headers)


def chats(slug: str) -> bool:
    """Tell whether a slug is that of a model that answers with words."""
    return segmind.is_chat(_ports.plan, segmind.model_of(_ports.plan, slug))


def _chat(event: Event, slug: str) -> Reply:
    from gateway.handlers.paths import _talk  # only a chat pays for it

    told = _talk.whole(event, segmind.model_of(_ports.plan, slug))
    return reply(200, told.document, segmind.headers(told.job))


@told
def _submit(event: Event, slug: str) -> Reply:
    job, headers = queued(event, slug)
    return reply(200, segmind.submitted(job, base_url(event)), {**headers, "x-sluice-job": job.id})


def queued(event: Event, slug: str) -> tuple[Job, dict[str, str]]:
    """Queue a request; a chat is answered within the call, because no chat outlives its call."""
    if chats(slug):
        from gateway.handlers.paths import _talk  # only a chat pays for it

        return _talk.kept(event, segmind.model_of(_ports.plan, slug)), {}
    taken = _taken(event, slug)
    go_on = accept.run if taken.new else repeats.go_on
    return go_on(_ports, taken.job, 0, False), taken.headers


@told
def _status(event: Event, request_id: str) -> Reply:
    job = found(event, request_id)
    return reply(segmind.http_status(job), segmind.state(job, base_url(event)))


@told
def _result(event: Event, request_id: str) -> Reply:
    job = found(event, request_id)
    return reply(segmind.http_status(job), segmind.result(job, base_url(event), made(event, job)))


def made(event: Event, job: Job) -> list[str]:
    """Return what a job made: links to its files, or its words."""
    if job.operation != "chat":
        return urls(event, job)
    from gateway.handlers.paths import _talk  # only a chat pays for it

    return _talk.answers_of(job)


def _taken(event: Event, slug: str) -> repeats.Taken:
    sender, given = caller(event, "submit"), body(event)
    asked = bodies.read(segmind.parameters(given), segmind.model_of(_ports.plan, slug))
    taken = repeats.take_in(_ports, sender, asked, base_url(event), repeat_of(event, sender, given))
    job = taken.job
    _wiring.logger.info("job accepted", job=job.id, model=job.model, operation=job.operation, key=job.key_id)
    return taken


def found(event: Event, request_id: str) -> Job:
    """Return the job of a request.

    Raises:
        NotFound: the key's tenant has none of that id.
    """
    job = _ports.jobs.get(caller(event, "read").tenant, request_id)
    if job is None:
        raise segmind.unknown(request_id)
    return job


def _file(event: Event, job: Job, output: Artifact, more: dict[str, str]) -> Reply:
    if output.bytes > MOST_BYTES:
        raise TooLarge(
            f"the file of {job.id} has {output.bytes} bytes, and an answer takes {MOST_BYTES}; "
            f"it is at {urls(event, job)[0]}",
            code="file_too_large",
            job_id=job.id,
        )
    at = job.destination
    files = _ports.artifacts if at is None else bucket(job.tenant, at.name)
    return {
        "statusCode": 200,
        "headers": {
            "content-type": output.content_type,
            "cache-control": "no-store",
            "x-sluice-job": job.id,
            **more,
            **segmind.headers(job),
        },
        "body": base64.b64encode(b"".join(files.read(output.key))).decode(),
        "isBase64Encoded": True,
    }


def urls(event: Event, job: Job) -> list[str]:
    """Sign the links to what a job made."""
    outputs = view.job_document(job, base_url(event), _wiring.link_secret)["outputs"]
    return [output["url"] for output in outputs]


ROUTES: dict[tuple[str, str], Route] = {
    ("POST", "/v2/{name}"): _submit,
    ("GET", "/v2/requests/{id}/status"): _status,
    ("GET", "/v2/requests/{id}"): _result,
    ("GET", "requests/{id}"): _result,
}
