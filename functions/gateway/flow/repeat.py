"""Take a call in, or answer one that came before with the job that it made then."""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.domain import repeat, request
from gateway.domain.job import Job
from gateway.domain.repeat import Repeat
from gateway.errors import Clash, Conflict, RateLimited
from gateway.flow import front
from gateway.flow.accept import accept, wait
from gateway.flow.front import Caller
from gateway.flow.ports import Ports

# No call lives longer: a job that is older and not at work was left behind.
LONGEST_CALL_S = 30


@dataclass(frozen=True, slots=True)
class Taken:
    """The job of a call, made by it or by an earlier one; and what its caller is told in headers."""

    job: Job
    new: bool
    headers: dict[str, str]


def take_in(
    ports: Ports, caller: Caller, asked: request.Request, base_url: str, call: Repeat | None
) -> Taken:
    """Make a job of a call, unless the same call made one before.

    Args:
        call: what it is known by; nothing, if its caller does not mind two jobs.

    Raises:
        GatewayError: the call is refused; it may be sent again with the same key.
    """
    return once(ports, caller, call, lambda: accept(ports, caller, asked, base_url, call))


def once(ports: Ports, caller: Caller, call: Repeat | None, make: Callable[[], Job]) -> Taken:
    """Make the job of a call that the caller's minute has room for, unless the call made one before.

    Args:
        make: stores the job together with the call; raises ``Conflict`` if the call is stored already.
    """
    if call and (before := earlier(ports, caller.tenant, call)):
        return Taken(before, False, {"idempotency-replayed": "true"})
    try:
        limits = front.admit(ports, caller)
        return Taken(make(), True, limits)
    except Conflict:  # it came twice at once, and the other one was quicker
        return once(ports, caller, call, make)
    except RateLimited:  # the same, where the other one took the last place
        if call and earlier(ports, caller.tenant, call):
            return once(ports, caller, call, make)
        raise


def earlier(ports: Ports, tenant: str, repeat: Repeat) -> Job | None:
    """Return the job that a call with this key made before.

    Raises:
        Clash: that call asked for something else.
    """
    made = ports.repeats.find(repeat.name, ports.now())
    if made is None:
        return None
    job = ports.jobs.get(tenant, made.job)
    if job is None or made.digest != repeat.digest:
        was = "with another body or path" if job else "and the job is gone"
        raise used(made.job, was)
    return job


def resent(ports: Ports, call: Repeat, *, again: bool) -> Repeat:
    """Tell a call that names no key from others that ask for the same: who sends it again means the last one.

    Of two such calls at once, the first one's repetition gets what the second made: alike, and paid once.

    Args:
        call: what it asks for.
        again: whether its client says that it sent it before.
    """
    now = ports.now()
    last = ports.repeats.find(call.name, now) if again else None
    number = last.job if last else ports.random(16).hex()
    if last is None:
        ports.repeats.renew(call, number, now)
    return repeat.numbered(call, number)


def claim(ports: Ports, call: Repeat, fresh: str) -> str:
    """Take a name for what a call makes: ``fresh``, or the one that it took when it came before.

    What is made under that name is made once, and a call that died in between makes it when it comes again.

    Raises:
        Clash: a call with this key asked for something else.
    """
    try:
        ports.repeats.note(call, fresh, ports.now())
    except Conflict:
        made = ports.repeats.find(call.name, ports.now())
        if made is None or made.digest != call.digest:
            raise used(made.job if made else "", "with another body or path") from None
        return made.job
    return fresh


def used(made: str, was: str) -> Clash:
    """Say that a key is taken."""
    return Clash(
        f"Idempotency-Key: it was used less than a day ago for {made or 'something else'}, {was}. "
        "Send what was sent then, or take a new key.",
        code="idempotency_conflict",
        param="Idempotency-Key",
        job_id=made if made.startswith("gw_") else None,
    )


def go_on(ports: Ports, job: Job, wait_s: float, asked_to_wait: bool) -> Job:
    """Return the job of a repeated call as it stands, or as it stands after the wait that the caller named.

    It is handed to the workflow once more, because the first call may have died before it did so.
    """
    if not job.ended and ports.now() - job.created_at > LONGEST_CALL_S:
        ports.workflow.start(job.tenant, job.id)
    return wait(ports, job, ports.now() + wait_s) if asked_to_wait else job
