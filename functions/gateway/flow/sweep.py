"""See to jobs that nobody works on any more: no job may hang for ever.

A job says from when the sweeper sees to it, if it has not ended by then: a minute after it came, when the
function that took it in is surely gone, or long after its deadline, once a workflow has taken it over.
"""

from dataclasses import replace

from gateway.domain.job import Job
from gateway.flow import tell
from gateway.flow.ports import Ports
from gateway.flow.settle import settle
from gateway.plan import DIRECT

# Longer than anything may take after a deadline: a last look, a delivery, a settlement that is tried again.
OVERDUE_S = 3600


def take_over(ports: Ports, job: Job) -> Job:
    """Note that a workflow has a job; from here on it is only watched for being long overdue."""
    at = job.deadline_at + OVERDUE_S
    return job if job.sweep_at == at else ports.jobs.save(replace(job, sweep_at=at))


def see_to(ports: Ports, tenant: str, job_id: str) -> str:
    """Hand a job over whose function died, end one that is long overdue, tell an end; return which.

    Nobody can go on with a chat: what was said is not kept.
    """
    job = ports.jobs.get(tenant, job_id)
    if job is None or ports.now() < job.sweep_at:
        return "none"
    if job.ended:
        return "told" if tell.catch_up(ports, job) != job else "none"
    if job.operation not in DIRECT and ports.now() < job.deadline_at + OVERDUE_S:
        ports.workflow.start(tenant, job_id)
        return "handed over"
    close(ports, job)
    return "closed"


def broke(ports: Ports, job: Job, execution: str, status: str) -> str:
    """See to a job whose execution broke: it gets one more; one that was stopped, or broke again, ends it."""
    if job.ended:
        return "none"
    if status == "ABORTED" or execution != job.id:
        close(ports, job)
        return "closed"
    return ports.workflow.again(job.tenant, job.id)


def close(ports: Ports, job: Job) -> None:
    """End a job that no workflow will end."""
    settle(ports, job, lost=True)
