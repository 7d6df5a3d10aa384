"""What stands in front: how many generations a key may start in a minute, and how many may run at once.

The same arithmetic and the same places as the pools have. Reads and polls do not count.
"""

from dataclasses import dataclass, replace

from gateway.domain import tier as tiers
from gateway.domain.job import Job
from gateway.domain.pacing import Full
from gateway.errors import RateLimited
from gateway.flow.ports import Ports

# A place that nobody gave back is free this long after its job's deadline.
LEASE_S = 60
# What a caller is told to wait for a place: nobody knows when a running job ends.
PLACE_WAIT_S = 5
# How much of its key's minute and places a batch may use up: the rest is for calls that somebody waits for.
BATCH_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a key belongs to, as the authorizer found out.

    Args:
        batch: the batch that calls in the key's name; its lines leave room for the key's own calls.
    """

    tenant: str
    key_id: str
    tier: str = ""
    scopes: tuple[str, ...] = ()
    batch: str = ""

    @property
    def share(self) -> float:
        """How much of the key's limits may be used up by this caller."""
        return BATCH_SHARE if self.batch else 1


def admit(ports: Ports, caller: Caller) -> dict[str, str]:
    """Let a generation in, if the key's minute has room; return the headers that tell how much is left.

    Raises:
        RateLimited: the minute is used up; a call after its ``retry-after`` is let in.
    """
    tier = ports.plan.tiers.get(caller.tier)
    pace = tiers.pace_of(tier) if tier else None
    if pace is None:
        return {}
    pace = replace(pace, tolerance_s=pace.tolerance_s * caller.share)
    now = ports.now()
    found = ports.pacers.reserve(f"key#{caller.key_id}", pace, now, 0)
    if isinstance(found, Full):
        headers = tiers.headers(tiers.refused(found, pace))
        raise RateLimited(
            f"tier {caller.tier!r} lets {headers['ratelimit-limit']} generations a minute through; "
            f"the next one in {headers['retry-after']} s.",
            code="rate_limited",
            retryable=True,
            headers=headers,
        )
    return tiers.headers(tiers.allowed(found.arrival, now, pace))


def take_place(ports: Ports, caller: Caller, job: Job) -> None:
    """Count a job among those of its key that run at once.

    Raises:
        RateLimited: as many run already as the tier allows.
    """
    tier = ports.plan.tiers.get(caller.tier)
    if tier is None or not tier.concurrent:
        return
    until = job.deadline_at + LEASE_S
    most = max(1, int(tier.concurrent * caller.share))
    if not ports.leases.take(f"key#{job.key_id}", job.id, most, until, ports.now()):
        raise RateLimited(
            f"tier {caller.tier!r} lets {most} jobs of a key run at once, and as many do; "
            "try again when one has ended.",
            code="too_many_jobs",
            retryable=True,
            headers={"retry-after": str(PLACE_WAIT_S)},
        )


def give_place_back(ports: Ports, job: Job) -> None:
    """Make room for the key's next job, where any tier counts how many of them run."""
    if any(tier.concurrent for tier in ports.plan.tiers.values()):
        ports.leases.give_back(f"key#{job.key_id}", job.id)
