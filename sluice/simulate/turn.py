"""A waiting job's turn, as ``flow.turn`` has it: it gets its slot, stays, or is sent on to another target."""

from collections import defaultdict
from collections.abc import Iterator

from gateway.domain import routing
from gateway.domain.pacing import Full, Slot
from sluice.simulate.arrivals import SECOND
from sluice.simulate.circuits import Circuits
from sluice.simulate.course import Leg
from sluice.simulate.job import Job
from sluice.simulate.pool import NEAR_US, NO_PLACE, Pool


def take_turn(
    now: int, job: Job, index: int, circuits: Circuits, sent_on: defaultdict[Pool, int]
) -> Slot | Full | None:
    """Take the slot of a job whose turn it is; nothing where it is sent on.

    Args:
        sent_on: how many jobs were sent on to a pool a moment ago; one more is counted here.
    """
    leg = job.legs[index]
    if not circuits.admits(leg.circuit, now) and any(_others(now, job, index, circuits)):
        return None
    found = leg.pool.take(now, NEAR_US, leg.pace, from_queue=True)
    if isinstance(found, Slot) or job.course.job.overflow != "divert":
        return found
    here_s = leg.usual_s if found is NO_PLACE else found.retry_after_s / SECOND
    best, least = None, here_s - job.course.job.max_wait_s
    for other in _others(now, job, index, circuits):
        if other.pool.room(now) > sent_on[other.pool]:
            wait_s = other.pool.starts_in_s(now, other.pace_s, sent_on[other.pool])
            if wait_s < least:
                best, least = other.pool, wait_s
    if best is None:
        return found
    sent_on[best] += 1
    return None


def _others(now: int, job: Job, index: int, circuits: Circuits) -> Iterator[Leg]:
    """List the other targets that the job may still go to, and that work."""
    untried = routing.untried(job.trace, index) if job.trace else range(len(job.legs))
    for other in untried:
        leg = job.legs[other]
        if other != index and circuits.state(leg.circuit, now) == "closed":
            yield leg
