"""End a job: say how it ended, price what was delivered, write both in one transaction, have it told."""

from dataclasses import replace
from datetime import UTC, datetime

from gateway.domain import job as jobs
from gateway.domain import pricing, routing
from gateway.domain.job import Attempt, Job, with_attempt
from gateway.flow import front, pool, tell
from gateway.flow.ports import Ports

LOST = "a worker was lost and did not come back; nothing was delivered"


def settle(ports: Ports, job: Job, *, lost: bool = False) -> Job:
    """End a job that no target is working on any more; a job that has ended already stays as it is."""
    if job.ended:
        if job.status == "canceled":  # whoever ended it may have died before its places were free
            _give_back(ports, job)
        return job
    if job.cancel_at is not None:
        return end_canceled(ports, job)
    if job.outputs and job.status == "delivering":
        front.give_place_back(ports, job)
        return _succeed(ports, job)
    _give_back(ports, job)
    code, message = _reason(job, lost=lost)
    late = ports.now() >= job.deadline_at and job.status != "delivering" and not lost
    ended = jobs.moved(
        job, "expire" if late else "fail", ports.now(), error_code=code, error_message=message, byok={}
    )
    return tell.end(ports, _at_rest(ended, ports.now()), ports.jobs.save)


def end_canceled(ports: Ports, job: Job) -> Job:
    """End a job because its caller asked for it; its places are free once that is written.

    Raises:
        Conflict: somebody wrote the job since, and may have started it.
    """
    now = ports.now()
    ended = jobs.moved(job, "cancel", now, cancel_at=job.cancel_at or now, byok={}, pool="", place="")
    if job.attempts and not job.attempt.error:
        ended = with_attempt(ended, replace(job.attempt, status="canceled", finished_at=now))
    ended = tell.end(ports, ended, ports.jobs.save)
    _give_back(ports, job)
    return ended


def _give_back(ports: Ports, job: Job) -> None:
    """Give back whatever place a job may have; twice is once."""
    front.give_place_back(ports, job)
    pool.let_go(ports, job)
    if job.attempts and not job.attempt.error:
        pool.release(ports, job, job.attempt)


def _at_rest(job: Job, now: float) -> Job:
    """Leave no attempt at work in an ended job's trace; a start that may have been billed stays unknown."""
    if not job.attempts or job.attempt.finished_at:
        return job
    status, code = ("unknown", "start_unknown") if job.attempt.status == "starting" else ("failed", "lost")
    over = replace(job.attempt, status=status, error="internal", code=code, message=LOST, finished_at=now)
    return with_attempt(job, over)


def _succeed(ports: Ports, job: Job) -> Job:
    attempt = job.attempt
    hop = job.chain[attempt.hop]
    model = ports.plan.models[f"{hop.provider}/{hop.model}"]
    arguments = routing.arguments_of(ports.plan, job, hop).arguments
    lines = pricing.cost_lines(
        model,
        pricing.delivered_facts(arguments, job.outputs, model),
        pricing.delivered_units(arguments, job.outputs, attempt.usage, job.inputs.values()),
    )
    own_key = attempt.provider in job.byok
    ended = replace(
        jobs.moved(job, "succeed", ports.now(), byok={}),
        lines=lines or (),
        priced=lines is not None,
        own_key=own_key,
    )
    month = datetime.fromtimestamp(ports.now(), UTC).strftime("%Y-%m")
    return tell.end(
        ports, ended, lambda job: ports.ledger.settle(job, attempt.n, job.lines, not own_key, month)
    )


def _reason(job: Job, *, lost: bool) -> tuple[str, str]:
    """Return the code and the text of a job's end: one reason as it is, several as a list in order."""
    if lost:
        return "internal_error", LOST
    failed = [attempt for attempt in job.attempts if attempt.error]
    if not failed:
        return "no_slot", "no target had a free slot before the job's deadline"
    if len(failed) == 1 or failed[-1].error in ("request", "moderation"):
        return _code(failed[-1]), _told(failed[-1])
    return "all_targets_failed", "; ".join(_told(attempt) for attempt in failed)


def _code(attempt: Attempt) -> str:
    if attempt.code == "input_unreachable":
        return attempt.code
    codes = {"request": "invalid_request", "moderation": "moderation", "internal": attempt.code}
    return codes.get(attempt.error, f"provider_{attempt.error}")


def _told(attempt: Attempt) -> str:
    return f"{attempt.provider}/{attempt.model}: {attempt.error} ({attempt.code}): {attempt.message}"
