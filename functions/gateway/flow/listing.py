"""Look through a tenant's jobs for some of them, a page at a time."""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.domain.job import Job
from gateway.flow.ports import Ports

# Jobs that one call reads at once, and how often: what is further away is on the next page.
READ, READS = 100, 10


@dataclass(frozen=True, slots=True)
class Listed:
    """A page.

    Args:
        last: what the next page begins behind.
    """

    jobs: tuple[Job, ...]
    last: str
    more: bool


def listed(
    ports: Ports, tenant: str, wanted: Callable[[Job], bool], count: int, after: str, *, newest_first: bool
) -> Listed:
    """Return the next jobs of some kind behind one of them, as many as are wanted or fewer."""
    found: list[Job] = []
    more = True
    for _ in range(READS):
        page = ports.jobs.page(tenant, READ, after, newest_first=newest_first)
        found += filter(wanted, page)
        after = page[-1].id if page else after
        more = len(page) == READ
        if len(found) > count or not more:
            break
    if len(found) > count:
        return Listed(tuple(found[:count]), found[count - 1].id, True)
    return Listed(tuple(found), after, more)
