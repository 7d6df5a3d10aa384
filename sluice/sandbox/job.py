"""One accepted generation, whose state follows the wall clock."""

from dataclasses import dataclass, field
from typing import Literal

from sluice.sandbox.media.spec import Kind, Spec

State = Literal["throttled", "queued", "running", "done", "failed", "moderated", "cancelled"]
Ending = Literal["done", "failed", "moderated", "never"]

RENDER_S: dict[Kind, float] = {"image": 0.4, "video": 2.0, "audio": 0.5, "text": 0.5}
QUEUED_SHARE = 0.2
"""The part of a job's time that it spends in the queue."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a valid request asks for.

    Args:
        external_id: the caller's own name of the job, where the provider takes one.
        notes: what the dialect needs again when it answers (the cost, the echoed parameters).
    """

    model: str
    outputs: tuple[Spec, ...]
    external_id: str | None = None
    notes: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Job:
    """An order that the provider took, with the instants that decide its state.

    Args:
        refused: moderation stopped it in the submit call, for providers that answer so.
    """

    id: str
    provider: str
    path: str
    credential: str | None
    order: Order
    created_at: float
    start_at: float
    render_s: float
    ending: Ending = "done"
    cancelled_at: float | None = None
    deleted: bool = False
    refused: bool = False

    @property
    def done_at(self) -> float:
        """The instant at which the job ends by itself."""
        return self.start_at + self.render_s

    def state(self, now: float) -> State:
        """Say where the job stands at an instant."""
        if self.cancelled_at is not None:
            return "cancelled"
        if now < self.start_at:
            return "throttled"
        if now < self.start_at + self.render_s * QUEUED_SHARE:
            return "queued"
        if self.ending == "never" or now < self.done_at:
            return "running"
        return self.ending

    def progress(self, now: float) -> float:
        """Say how much of the rendering is over, between 0 and 1."""
        begun_at = self.start_at + self.render_s * QUEUED_SHARE
        length_s = max(0.001, self.render_s * (1 - QUEUED_SHARE))
        share = min(1.0, max(0.0, (now - begun_at) / length_s))
        return min(share, 0.95) if self.ending == "never" else share

    def unfinished(self, now: float) -> bool:
        """Say whether the job still takes one of the provider's places."""
        return self.state(now) in ("throttled", "queued", "running")


class Jobs:
    """All jobs of all providers, by provider and id."""

    def __init__(self) -> None:
        self._jobs: dict[tuple[str, str], Job] = {}

    def add(self, job: Job) -> None:
        """Keep a job."""
        self._jobs[job.provider, job.id] = job

    def drop(self, job: Job) -> None:
        """Forget a job that its provider refused after all."""
        self._jobs.pop((job.provider, job.id), None)

    def find(self, provider: str, name: str) -> Job | None:
        """Find a job by the provider's id or by the caller's own name for it."""
        if job := self._jobs.get((provider, name)):
            return None if job.deleted else job
        return next((job for job in self.of(provider) if job.order.external_id == name), None)

    def of(self, provider: str) -> list[Job]:
        """List a provider's jobs, the newest first."""
        return [job for job in reversed(self._jobs.values()) if job.provider == provider and not job.deleted]

    def unfinished(self, provider: str, now: float) -> list[Job]:
        """List a provider's jobs that still take a place."""
        return [job for job in self.of(provider) if job.unfinished(now)]
