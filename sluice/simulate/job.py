"""A job on its way. Only those in the system exist, and only one that failed somewhere carries a trace."""

from dataclasses import replace

from gateway.domain.job import Attempt
from gateway.domain.job import Job as GatewayJob
from sluice.simulate.arrivals import SECOND
from sluice.simulate.course import Course, Leg


class Job:
    """One job.

    Args:
        legs: its course's, in this job's order.
    """

    __slots__ = ("arrived", "course", "deadline", "legs", "tenant", "trace")

    def __init__(self, arrived: int, tenant: int, course: Course, legs: tuple[Leg, ...]) -> None:
        self.arrived, self.tenant, self.course, self.legs = arrived, tenant, course, legs
        self.deadline = arrived + course.deadline_us
        # As the gateway has it, once an attempt has failed.
        self.trace: GatewayJob | None = None

    @property
    def tries(self) -> int:
        """How many attempts have failed."""
        return len(self.trace.attempts) if self.trace else 0

    def is_like(self, other: "Job") -> bool:
        """Tell whether both may go to the same targets, and have failed nowhere."""
        return self.course is other.course and self.trace is None and other.trace is None

    def fail(self, index: int, error: str) -> GatewayJob:
        """Write a failed attempt down as the gateway would, and return the job as the gateway has it then."""
        before = self.trace or replace(
            self.course.job, chain=tuple(leg.hop for leg in self.legs), deadline_at=self.deadline / SECOND
        )
        hop = self.legs[index].hop
        place = (len(before.attempts) + 1, index, hop.provider, hop.model, hop.region)
        failed = Attempt(*place, slot_at=0, reserved_at=0, status="failed", error=error)
        self.trace = replace(before, attempts=(*before.attempts, failed))
        return self.trace
