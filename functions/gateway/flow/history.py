"""Look through a tenant's latest jobs for those that a list is asked for."""

from gateway.domain import history, identity
from gateway.domain.history import Wanted
from gateway.domain.job import Job
from gateway.flow.ports import Ports

# As many jobs as one list looks through, and at once.
MOST, PAGE = 1000, 100


def page(ports: Ports, tenant: str, wanted: Wanted) -> tuple[list[Job], int]:
    """Return a page of the jobs that are wanted, and how many there are of them."""
    found: list[Job] = []
    after = identity.job_id(wanted.until, bytes(10))
    while len(found) < MOST:
        made = ports.jobs.page(tenant, PAGE, after)
        found += [job for job in made if job.created_at >= wanted.since]
        if not made or made[-1].created_at < wanted.since:
            break
        after = made[-1].id
    return history.page_of(found, wanted)
