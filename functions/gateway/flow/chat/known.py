"""Answer a call that came before with what it was answered then; only named calls are kept."""

import msgspec

from gateway.domain.job import Job
from gateway.domain.openai import failure
from gateway.domain.repeat import Repeat
from gateway.errors import Clash
from gateway.flow import repeat as repeats
from gateway.flow.chat.answer import Whole
from gateway.flow.ports import Ports

AGAIN_S = 2


def keep(ports: Ports, told: Whole) -> None:
    """Keep an answer for as long as the job's files would be."""
    ports.artifacts.put(_key(told.job), "application/json", msgspec.json.encode(told.document))


def answered(ports: Ports, tenant: str, call: Repeat) -> tuple[Job, bytes] | None:
    """Return the job of the same call and its answer, or nothing where none came before.

    Raises:
        Clash: it is still at work, or asked for something else.
        JobFailed: it was not answered then.
    """
    job = repeats.earlier(ports, tenant, call)
    if job is None:
        return None
    if not job.ended:
        raise Clash(
            f"job {job.id} of the first call with this Idempotency-Key is still {job.status}.",
            code="not_ended",
            retryable=True,
            headers={"retry-after": str(AGAIN_S)},
            job_id=job.id,
        )
    if job.status != "succeeded":
        raise failure.of(job)
    return job, b"".join(ports.artifacts.read(_key(job)))


def _key(job: Job) -> str:
    return f"r{job.retention_days}/{job.tenant}/{job.id}/answer.json"
