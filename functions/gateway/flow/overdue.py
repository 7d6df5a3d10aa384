"""Give an attempt up whose time is over: the provider is told where it can be, and the chain goes on."""

from dataclasses import replace

from gateway.domain import deadline
from gateway.domain.job import Attempt, Job
from gateway.domain.outcome import Failure
from gateway.flow import upstream
from gateway.flow.outcome import Outcome, fail
from gateway.flow.ports import Ports

_TOLD = {"start_deadline": "still in the provider's queue", "total_deadline": "not finished"}


def give_up(ports: Ports, job: Job, attempt: Attempt, passed: str) -> Outcome:
    """End an attempt at a deadline: cancel upstream where that can be, and keep what was said in the trace.

    Args:
        passed: the deadline's name.
    """
    waited_s = ports.now() - (attempt.started_at or ports.now())
    told = upstream.cancel(ports, job, attempt)
    late = Failure("timeout", passed, f"{_TOLD[passed]} after {waited_s:.0f} s; cancel: {told}")
    return fail(ports, job, replace(attempt, cancel=told), late)


def abandon(ports: Ports, job: Job) -> Job:
    """Give up an accepted attempt that no look could see to the end of, if its time is over by now."""
    if job.ended or not job.attempts or job.attempt.status != "accepted" or job.cancel_at is not None:
        return job
    protocol = upstream.call_of(ports, job, job.attempt).protocol
    if ports.now() < deadline.ends_at(job, job.attempt, protocol):
        return job
    return give_up(ports, job, job.attempt, "total_deadline").job
