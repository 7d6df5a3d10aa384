"""Whose turn it is in a full pool: fair between tenants, first in first out within one.

A waiting job gets a *tag*, its place in the pool's virtual time, and the lowest tag goes first. A tenant's
next job is tagged one after its last, or one after the pool's present virtual time if the tenant had nothing
waiting. So tenants that wait at the same time get slots in turn, however many jobs each has.
The jobs of a tenant's batches stand beside it, as another that gets a quarter of a turn: what somebody waits
for does not stand behind ten thousand lines.
Source: start-time fair queueing, Goyal, Vin and Cheng, 1996, with equal weights and jobs of one size.
"""

from dataclasses import dataclass

TAG_DIGITS = 12
# How far apart the jobs of a batch stand in virtual time, where all others are one apart.
BATCH_STEP = 4


@dataclass(frozen=True, slots=True)
class Waiting:
    """One job that waits for a slot of a pool.

    Args:
        hop: index of the target in the job's chain.
        token: answers the workflow's waiting task.
    """

    place: str
    tenant: str
    job: str
    hop: int
    token: str


def tag_after(last: int | None, virtual: int, step: int = 1) -> int:
    """Return the tag of a tenant's next job.

    Args:
        last: the tag of the tenant's latest job in this pool, waiting or gone.
        virtual: the tag of the job that left the queue last, whoever's it was.
        step: one, or ``BATCH_STEP``.

    >>> tag_after(None, 40), tag_after(12, 40), tag_after(57, 40)
    (41, 41, 58)
    """
    return max(last or 0, virtual) + step


def flow_of(tenant: str, batch: str) -> tuple[str, int]:
    """Return under which name a job takes its turns, and how far it steps.

    >>> flow_of("acme", ""), flow_of("acme", "bat_1")
    (('acme', 1), ('acme|batches', 4))
    """
    return (f"{tenant}|batches", BATCH_STEP) if batch else (tenant, 1)


def place_of(tag: int, job_id: str) -> str:
    """Write a tag and a job as a key that sorts as the queue goes; equal tags go by the jobs' age.

    >>> place_of(41, "gw_1") < place_of(41, "gw_2") < place_of(58, "gw_0")
    True
    """
    return f"{tag:0{TAG_DIGITS}d}#{job_id}"


def tag_of(place: str) -> int:
    """Read the tag of a place."""
    return int(place[:TAG_DIGITS])
