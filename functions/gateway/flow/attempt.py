"""Run one attempt: start it, and look after it until it is done. Inline path and workflow both come here.

Rule: a billable start is sent only by the writer who moved the attempt from ``reserved`` to ``starting``. A
start whose answer was lost is *unknown*: the provider is asked where it can be; it is never repeated blindly.
"""

from dataclasses import replace

from gateway.domain import deadline, pacing, routing
from gateway.domain import job as jobs
from gateway.domain.job import Attempt, Job, with_attempt
from gateway.domain.outcome import Done, Failure, Pending, Reading
from gateway.errors import Conflict
from gateway.flow import callback, credential, deliver, inputs, overdue, pool
from gateway.flow.outcome import Outcome, after, fail, keep, stand_still
from gateway.flow.ports import Ports
from gateway.flow.settle import end_canceled
from gateway.flow.upstream import call_of, cancel, send
from gateway.protocols import hint, steps
from gateway.protocols.http import HttpResponse
from gateway.wire import Step

LEASE_MARGIN_S = 5
# One look is two calls at most, and a word to stop: together less than the check function's life.
LOOK_S = 25
# Classes of a failed look at a running job that say nothing about the job itself.
PASSING = frozenset({"capacity", "transient", "timeout", "credential"})


class Busy(Exception):
    """Another worker holds this start's lease; come back when it has run out."""


def start(ports: Ports, job: Job, n: int, deadline_s: float | None = None) -> Outcome:
    """Start attempt ``n`` if nobody has, or tell how it stands.

    Args:
        deadline_s: the most that the first call may take, where the caller of the gateway is waiting for it.

    Raises:
        Busy: another worker is at it.
    """
    attempt = _attempt(job, n)
    if job.ended or attempt.status != "reserved":
        return _resume(ports, job, attempt)
    call = call_of(ports, job, attempt)
    ready = inputs.ready(ports, job, job.chain[attempt.hop], call.arguments)
    if isinstance(ready, Failure):
        return fail(ports, job, attempt, ready)
    job, call = ready[0], callback.asked(ports, job, attempt, replace(call, arguments=ready[1]))
    submit_s = deadline.submit_s(job, call.protocol)
    limit, asked_at = min(submit_s, deadline_s or submit_s), ports.now()
    if refused := credential.refusal(ports, job, attempt.provider, limit):
        return fail(ports, job, attempt, refused)
    now = ports.now()
    limit = max(1, limit - (now - asked_at))
    taken = replace(
        attempt,
        status="starting",
        started_at=now,
        lease_until=now + limit + LEASE_MARGIN_S,
        dropped=routing.arguments_of(ports.plan, job, job.chain[attempt.hop]).dropped,
        listens=bool(call.callback),
    )
    try:
        job = ports.jobs.save(with_attempt(jobs.moved(job, "start", now, progress=None), taken))
    except Conflict:
        return start(ports, _fresh(ports, job), n, deadline_s)
    answer = send(ports, job, call, call.protocol.steps[0], {}, limit)
    reading = answer if isinstance(answer, Failure) else steps.read(call, 0, {}, answer)
    if isinstance(reading, Failure) and _unheard(answer, reading):
        kept = _find(ports, job, taken)
        reading = Pending(1, kept) if isinstance(kept, dict) else reading
    if not isinstance(answer, Failure) and (pause_s := hint.exhausted_s(call.provider, answer)):
        stand_still(ports, job, taken, pause_s)
    return _record(ports, job, taken, reading)


def check(ports: Ports, job: Job, n: int, *, called: bool = False) -> Outcome:
    """Look at a running attempt once, going through all steps that need no waiting.

    A deadline is only looked at after the provider: what is finished by then is delivered, however late.

    Args:
        called: the provider has called. It does so once: where it is not done all the same, we look as usual.
    """
    attempt = _attempt(job, n)
    if job.ended or attempt.status != "accepted":
        return _resume(ports, job, attempt)
    if job.cancel_at is not None:
        return Outcome("fail", stop(ports, job))
    attempt = replace(attempt, listens=attempt.listens and not called)
    call = call_of(ports, job, attempt)
    look_s = min(LOOK_S, deadline.submit_s(job, call.protocol))
    reading: Reading = Pending(attempt.step, attempt.kept)
    while isinstance(reading, Pending):
        at = reading
        step = call.protocol.steps[at.step]
        answer = send(ports, job, call, step, at.kept, look_s)
        reading = answer if isinstance(answer, Failure) else steps.read(call, at.step, at.kept, answer)
        if isinstance(reading, Failure) and _says_nothing(reading, answer, step):
            reading = replace(at, progress=None)
        if isinstance(reading, Pending) and reading.step == at.step:
            break
    if isinstance(reading, Pending):
        now = ports.now()
        if passed := deadline.passed(job, attempt, call.protocol, now, queued=reading.queued):
            return overdue.give_up(ports, job, attempt, passed)
    return _record(ports, job, attempt, reading)


def bury(ports: Ports, job: Job, n: int) -> Outcome:
    """Tell how attempt ``n`` stands whose start no worker could handle. Nothing is sent from here.

    What never left goes on at the next target. What may have left, and was not found by the workers that came
    after, stays unknown.

    Raises:
        Busy: a worker may still be at it.
    """
    attempt = _attempt(job, n)
    if job.ended or attempt.status not in ("reserved", "starting"):
        return _resume(ports, job, attempt)
    if attempt.status == "reserved":
        never = "its workers stopped before they could send it; nothing was started"
        return fail(ports, job, attempt, Failure("transient", "start_lost", never))
    if ports.now() < attempt.lease_until:
        raise Busy
    return _unknown(ports, job, attempt, "the workers after it stopped, too")


def _resume(ports: Ports, job: Job, attempt: Attempt) -> Outcome:
    """Tell how an attempt stands that somebody has begun: a message came twice, or a worker died."""
    if job.ended:
        return Outcome("fail", job)
    if attempt.status == "accepted":
        return Outcome("pending", job, 1)
    if attempt.status == "succeeded":
        return Outcome("delivered" if job.outputs else "done", job)
    if attempt.status in ("failed", "unknown"):
        return after(job, attempt)
    if ports.now() < attempt.lease_until:
        raise Busy
    return _reconcile(ports, job, attempt)


def _reconcile(ports: Ports, job: Job, attempt: Attempt) -> Outcome:
    """Settle a start whose worker died: ask the provider, where it can be asked."""
    if job.status == "delivering":  # the answer was there, and its bytes were lost
        return _unknown(ports, job, attempt, "what it answered was not stored")
    kept = _find(ports, job, attempt)
    if isinstance(kept, Failure):
        return _unknown(ports, job, attempt, kept.message)
    if kept is not None:
        return _record(ports, job, attempt, Pending(1, kept))
    if job.cancel_at is not None:
        return Outcome("fail", job)
    again = replace(attempt, status="reserved")
    return start(ports, ports.jobs.save(with_attempt(job, again)), attempt.n)


def _unknown(ports: Ports, job: Job, attempt: Attempt, why: str) -> Outcome:
    unknown = (
        f"a worker stopped while {attempt.provider} was starting this, and {why}; "
        "it was not started again, because it may have been billed"
    )
    return fail(ports, job, attempt, Failure("internal", "start_unknown", unknown))


def _find(ports: Ports, job: Job, attempt: Attempt) -> dict[str, str] | Failure | None:
    """Ask for a start of ours: what to go on with, ``None`` if there is none, a failure if unknown."""
    call = call_of(ports, job, attempt)
    find = call.protocol.find
    if find is None:
        return Failure("internal", "no_list", f"{attempt.provider} has no list to look it up in")
    answer = send(ports, job, call, find.step, {}, deadline.submit_s(job, call.protocol))
    return answer if isinstance(answer, Failure) else steps.found(call, find, answer)


def _record(ports: Ports, job: Job, attempt: Attempt, reading: Reading) -> Outcome:
    """Store what a provider's answer means, before anything waits on it."""
    if isinstance(reading, Failure):
        return fail(ports, job, attempt, reading)
    if isinstance(reading, Done):
        try:
            return _finish(ports, job, attempt, reading)
        except Conflict:
            return _unwanted(ports, job, attempt)
    usual_s = ports.plan.models[f"{attempt.provider}/{attempt.model}"].usual_s
    first = attempt.status != "accepted"
    accepted = replace(
        attempt,
        status="accepted",
        step=reading.step,
        kept=reading.kept,
        polls=0 if first else attempt.polls + 1,
    )
    saved = keep(ports, replace(with_attempt(job, accepted), progress=reading.progress or job.progress))
    if saved.cancel_at is not None:
        return Outcome("fail", stop(ports, saved))
    pause_s = pacing.look_s(usual_s, accepted.polls, called=accepted.listens)
    protocol = call_of(ports, saved, accepted).protocol
    queued = reading.queued or (first and "queued" in protocol.steps[reading.step].words.values())
    look_s = deadline.look_in_s(saved, accepted, protocol, ports.now(), pause_s, queued=queued)
    return Outcome("pending", saved, look_s)


def _finish(ports: Ports, job: Job, attempt: Attempt, done: Done) -> Outcome:
    """Bytes in hand are delivered at once; links are left to the delivery step."""
    pool.release(ports, job, attempt)
    ports.circuits.succeeded(attempt.target, ports.now())
    if any(source.data for source in done.sources):
        return deliver.bytes_in_hand(ports, job, attempt, done)
    finished = replace(
        attempt,
        status="succeeded",
        finished_at=ports.now(),
        sources=tuple((source.url, source.keyed) for source in done.sources),
        usage=done.usage,
    )
    return Outcome("done", ports.jobs.save(with_attempt(jobs.moved(job, "deliver", ports.now()), finished)))


def _unwanted(ports: Ports, job: Job, attempt: Attempt) -> Outcome:
    """Drop a result whose caller canceled the job while the provider answered."""
    fresh = _fresh(ports, job)
    if fresh.cancel_at is None:
        raise Conflict(job.id)
    if not fresh.ended:
        late = replace(attempt, cancel="too late: the result was there")
        fresh = end_canceled(ports, with_attempt(fresh, late))
    return Outcome("fail", fresh)


def _says_nothing(reading: Failure, answer: HttpResponse | Failure, step: Step) -> bool:
    """Tell whether a failed look leaves the job's state open: a failed poll is not a failed job.

    The call for a result has no word for the state, and its error is the job's: unless nobody but a gateway
    on the way is heard.
    """
    if isinstance(answer, Failure):
        return answer.code != "too_large"  # which it is the next time, too
    if reading.code == "malformed":
        return True
    if answer.status < 400 or reading.error not in PASSING:
        return False
    return bool(step.status) or (answer.status != 500 and reading.code == str(answer.status))


def _unheard(answer: HttpResponse | Failure, reading: Failure) -> bool:
    """Tell whether a start may have been taken although its answer is lost or cannot be read."""
    lost = isinstance(answer, Failure) and answer.error in ("timeout", "transient")
    return lost or reading.code == "malformed"


def stop(ports: Ports, job: Job) -> Job:
    """Carry out a cancel that is written on an accepted job: tell its provider, and end it."""
    told = cancel(ports, job, job.attempt)
    try:
        return end_canceled(ports, with_attempt(job, replace(job.attempt, cancel=told)))
    except Conflict:
        fresh = _fresh(ports, job)
        if not fresh.ended:
            raise
        return fresh


def _attempt(job: Job, n: int) -> Attempt:
    return next(attempt for attempt in job.attempts if attempt.n == n)


def _fresh(ports: Ports, job: Job) -> Job:
    fresh = ports.jobs.get(job.tenant, job.id)
    if fresh is None:
        raise LookupError(f"job {job.id} is gone")
    return fresh
