"""Take a job's files away for good; what it was and what it cost stays."""

from dataclasses import replace

from gateway.domain.job import Job
from gateway.errors import Conflict
from gateway.flow import cancel
from gateway.flow.ports import Ports


def erase(ports: Ports, job: Job) -> Job:
    """Erase a job's results from our bucket, after canceling what still works on them.

    Returns:
        It as erased; or as it goes on, where its start is just being sent: it then ends as canceled.

    Raises:
        Clash: its result is just being delivered.
    """
    if not job.ended:
        job = cancel.cancel(ports, job.tenant, job.id)
    if not job.ended:
        return job
    if job.destination is None:  # a customer's own bucket is its owner's to clear
        for output in job.outputs:
            ports.artifacts.remove(output.key)
    try:
        return ports.jobs.save(replace(job, outputs=(), erased_at=job.erased_at or ports.now()))
    except Conflict:
        fresh = ports.jobs.get(job.tenant, job.id)
        if fresh is None:
            return job
        return erase(ports, fresh)
