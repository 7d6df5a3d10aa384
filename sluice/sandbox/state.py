"""Everything that changes while the server runs, in one place."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sluice.sandbox.caller import Caller
from sluice.sandbox.fault import Faults
from sluice.sandbox.job import RENDER_S, Job, Jobs, Order
from sluice.sandbox.journal import Journal
from sluice.sandbox.limit import Limits
from sluice.sandbox.media.studio import Studio
from sluice.sandbox.wire import Dialect, Refused, Trouble


@dataclass(slots=True)
class Sandbox:
    """The running sandbox: its dialects and what happened so far."""

    dialects: Mapping[str, Dialect]
    render_scale: float = 1.0
    studio: Studio = field(default_factory=Studio)
    faults: Faults = field(default_factory=Faults)
    limits: Limits = field(default_factory=Limits)
    journal: Journal = field(default_factory=Journal)
    jobs: Jobs = field(default_factory=Jobs)
    caller: Caller = field(default_factory=Caller)

    def reset(self) -> None:
        """Forget faults, limits, calls and jobs; rendered media stays, since it is the same each time."""
        self.faults, self.limits, self.journal, self.jobs = Faults(), Limits(), Journal(), Jobs()
        self.caller.stop()
        self.caller = Caller()

    def check_limits(self, dialect: Dialect, now: float, *, inline: bool) -> None:
        """Refuse a start beyond the provider's limits; only an ``inline`` one cannot wait in a queue."""
        if (wait_s := self.limits.wait_s(dialect.name, now)) > 0:
            raise Refused(Trouble("rate", "too many requests per minute", retry_after_s=wait_s))
        most = self.limits.concurrent(dialect.name)
        if (
            most is not None
            and (inline or not dialect.throttles)
            and len(self.jobs.unfinished(dialect.name, now)) >= most
        ):
            raise Refused(Trouble("concurrency", "too many concurrent jobs", retry_after_s=1))

    def accept(self, dialect: Dialect, path: str, order: Order, credential: str | None, now: float) -> Job:
        """Make an order a job and begin to render it."""
        render_s = RENDER_S[order.outputs[0].kind] * self.render_scale
        start_at = self._start_at(dialect, now)
        job = Job(dialect.job_id(), dialect.name, path, credential, order, now, start_at, render_s)
        self.jobs.add(job)
        self.limits.count(dialect.name, now)
        for spec in order.outputs:
            self.studio.begin(spec)
        return job

    def _start_at(self, dialect: Dialect, now: float) -> float:
        """Find the instant at which a place is free, for providers that let jobs wait for one."""
        most = self.limits.concurrent(dialect.name)
        if most is None or not dialect.throttles:
            return now
        ends = sorted(job.done_at for job in self.jobs.unfinished(dialect.name, now))
        return max(now, ends[len(ends) - most]) if len(ends) >= most else now
