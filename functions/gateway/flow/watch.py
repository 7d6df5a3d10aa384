"""Watch a job: look at it again and again, and tell what is new, until it has ended or the time is over."""

from collections.abc import Callable, Iterator
from typing import Any

from gateway.domain import event
from gateway.domain.event import Event, Mark
from gateway.domain.job import Job
from gateway.flow.ports import Ports

# One watch takes so long, then its watcher comes again by itself. So much is left for its function then.
LIFE_S = 240
LAST_S = 5
# (for so long nothing has happened, seconds between two looks): a job that just moved may move again soon.
_PACES = ((30.0, 1.0), (120.0, 2.0))
SLOWEST_S = 5.0


def watch(
    ports: Ports, job: Job, mark: Mark, until: float, show: Callable[[Job], dict[str, Any]]
) -> Iterator[Event | None]:
    """Tell every event after a mark as it comes.

    Yields:
        The events in order, and ``None`` after every look, at least every ``SLOWEST_S``: whoever passes them
        on can then see whether anybody still listens.
    """
    moved_at = ports.now()
    while True:
        for each in event.after(job, mark, show):
            yield each
            mark, moved_at = each.mark, ports.now()
        yield None
        pause_s = pause_after_s(ports.now() - moved_at)
        if job.ended or ports.now() + pause_s > until:
            return
        ports.sleep(pause_s)
        fresh = ports.jobs.get(job.tenant, job.id)
        if fresh is None:
            return
        job = fresh


def pause_after_s(quiet_s: float) -> float:
    """Return how long to wait for the next look at a job that has been quiet for so long.

    >>> pause_after_s(0), pause_after_s(60), pause_after_s(600)
    (1.0, 2.0, 5.0)
    """
    return next((pause_s for up_to_s, pause_s in _PACES if quiet_s < up_to_s), SLOWEST_S)
