"""Whose turn it is in a full pool: fair between tenants, first in first out within one.

A waiting job gets a *tag*, its place in the pool's virtual time, and the lowest tag goes first. A tenant's
next job is tagged one after its last, or one after the pool's present virtual time if the tenant had nothing
waiting. So tenants that wait at the same time get slots in turn, however many jobs each has.
Source: start-time fair queueing, Goyal, Vin and Cheng, 1996, with equal weights and jobs of one size.
"""

from dataclasses import dataclass

TAG_DIGITS = 12


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


def tag_after(last: int | None, virtual: int) -> int:
    """Return the tag of a tenant's next job.

    Args:
        last: the tag of the tenant's latest job in this pool, waiting or gone.
        virtual: the tag of the job that left the queue last, whoever's it was.

    >>> tag_after(None, 40), tag_after(12, 40), tag_after(57, 40)
    (41, 41, 58)
    """
    return max(last or 0, virtual) + 1


def place_of(tag: int, job_id: str) -> str:
    """Write a tag and a job as a key that sorts as the queue goes; equal tags go by the jobs' age.

    >>> place_of(41, "gw_1") < place_of(41, "gw_2") < place_of(58, "gw_0")
    True
    """
    return f"{tag:0{TAG_DIGITS}d}#{job_id}"


def tag_of(place: str) -> int:
    """Read the tag of a place."""
    return int(place[:TAG_DIGITS])
