"""Jobs: start one, look at it, cancel it."""

from typing import Any

from gateway.domain import body as bodies
from gateway.domain import request, view
from gateway.domain.job import Job
from gateway.errors import NotFound
from gateway.flow import accept, cancel, pool
from gateway.flow import repeat as repeats
from gateway.handlers import _wiring
from gateway.handlers._call import Event, Reply, Route, base_url, body, caller
from gateway.handlers._header import Patience, patience
from gateway.handlers._repeat import repeat_of
from gateway.handlers._reply import reply
from gateway.handlers._trace import headers_of

_ports = _wiring.the_ports()


def generate(event: Event, model: str) -> Reply:
    """Run the model that the path names, with parameters flat in the body."""
    return run(event, bodies.read(body(event), model))


def _create(event: Event) -> Reply:
    return run(event, bodies.read_job(body(event)))


def run(event: Event, asked: request.Request) -> Reply:
    """Make a job of a request and answer with it, finished if its caller waits for that."""
    sender = caller(event, "submit")
    patient = patience(event)
    call = repeat_of(event, sender, body(event))
    taken = repeats.take_in(_ports, sender, asked, base_url(event), call)
    return see_through(event, taken, patient)


def see_through(event: Event, taken: repeats.Taken, patient: Patience) -> Reply:
    """Run what was taken in as far as its caller waits for it."""
    job, word = taken.job, "job accepted" if taken.new else "job asked for again"
    _wiring.logger.info(word, job=job.id, model=job.model, operation=job.operation, key=job.key_id)
    go_on = accept.run if taken.new else repeats.go_on
    job = go_on(_ports, job, patient.wait_s, patient.named)
    return _job_reply(event, job, patient.headers | taken.headers)


def _cancel(event: Event, job_id: str) -> Reply:
    job = cancel.cancel(_ports, caller(event, "submit").tenant, job_id)
    _wiring.logger.info("job canceled", job=job.id, status=job.status)
    return _job_reply(event, job)


def _get(event: Event, job_id: str) -> Reply:
    job = _ports.jobs.get(caller(event, "read").tenant, job_id)
    if job is None:
        raise NotFound(f"no job {job_id[:40]!r} under this key's tenant.", code="job_not_found", param="id")
    reading = _job_reply(event, job)
    return {**reading, "statusCode": 200}


def _job_reply(event: Event, job: Job, more: dict[str, str] | None = None) -> dict[str, Any]:
    document = view.job_document(job, base_url(event), _wiring.link_secret, pool.turn_of(_ports, job))
    headers = {**(more or {}), **headers_of(job, _ports.now())}
    if not job.ended:
        headers |= {"retry-after": "2", "location": f"{base_url(event)}/v1/jobs/{job.id}"}
    return reply(200 if job.ended else 202, document, headers)


ROUTES: dict[tuple[str, str], Route] = {
    ("POST", "jobs"): _create,
    ("GET", "jobs/{id}"): _get,
    ("DELETE", "jobs/{id}"): _cancel,
}
