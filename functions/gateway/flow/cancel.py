"""Cancel a job: at once where nothing was started, else with a word to the provider.

Rule: a cancel is written on the job before the provider hears of it. So whoever works on the job carries it
out if we die, and nobody takes the provider's "canceled" for a failure that the next target should mend.
"""

from dataclasses import replace

from gateway.domain.job import Job
from gateway.errors import Clash, Conflict, NotFound
from gateway.flow import attempt as attempts
from gateway.flow.chain import OVER
from gateway.flow.ports import Ports
from gateway.flow.settle import end_canceled, settle
from gateway.plan import DIRECT


def cancel(ports: Ports, tenant: str, job_id: str) -> Job:
    """Cancel a job; twice is once.

    Returns:
        It as canceled; or still running, where its start is just being sent and cannot be taken back: it is
        canceled as soon as the provider has answered.

    Raises:
        NotFound: the tenant has no such job.
        Clash: it has ended otherwise, or its result is being delivered.
    """
    while True:
        job = ports.jobs.get(tenant, job_id)
        if job is None:
            raise NotFound(
                f"no job {job_id[:40]!r} under this key's tenant.", code="job_not_found", param="id"
            )
        try:
            return _canceled(ports, job)
        except Conflict:
            continue  # somebody took it a step further: the next look sees that


def _canceled(ports: Ports, job: Job) -> Job:
    if job.status == "canceled":
        return settle(ports, job)
    if job.operation in DIRECT and not job.ended:
        raise Clash(
            f"job {job.id} is answered within its call; close that connection to end it.",
            code="too_late",
            job_id=job.id,
        )
    waits = not job.attempts or job.attempt.status in ("reserved", *OVER)
    if job.ended or (job.status == "delivering" and not waits):
        raise Clash(
            f"job {job.id} is {job.status}, which is too late to cancel it.", code="too_late", job_id=job.id
        )
    if waits:
        return _called_off(ports, job)
    if job.cancel_at is None:
        job = ports.jobs.save(replace(job, cancel_at=ports.now()))
    return job if job.attempt.status == "starting" else attempts.stop(ports, job)


def _called_off(ports: Ports, job: Job) -> Job:
    """End a job that nobody works on; its workflow, if it waits in a queue, is told before the place goes."""
    ended = end_canceled(ports, job)
    if job.place:
        waiting = ports.queue.find(job.pool, job.place)
        if waiting is not None:
            ports.tokens.succeed(waiting.token, {"outcome": "end"})
        ports.queue.leave(job.pool, job.place, served=False)
    return ended
