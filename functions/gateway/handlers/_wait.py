"""A job whose caller gets nothing before it is done: OpenAI's pictures and speech."""

from collections.abc import Callable
from typing import Any

from gateway.domain import body as bodies
from gateway.domain.job import Job
from gateway.domain.openai import failure
from gateway.flow import accept
from gateway.flow import repeat as repeats
from gateway.flow.front import Caller
from gateway.handlers import _wiring
from gateway.handlers._call import Event, base_url
from gateway.handlers._header import LONGEST_WAIT_S
from gateway.handlers._repeat import known_again, resendable
from gateway.handlers._trace import headers_of

_ports = _wiring.the_ports()
# Clients give up after ten minutes; API Gateway after five.
LONGEST_S = 240


def done(
    event: Event, sender: Caller, given: dict[str, Any], left_s: float, make: Callable[[], dict[str, Any]]
) -> tuple[Job, dict[str, str]]:
    """Run a call's job to its end; return it and the headers of its answer.

    Raises:
        JobFailed: it brought nothing, or takes longer than this function lives. Then it goes on, and whoever
            sends the same call again waits for the same job.
    """
    began = _ports.now()
    until = began + min(left_s, LONGEST_S)
    begun = taken(event, sender, given, make)
    # In this call itself for as long as the sweeper leaves it alone, then in the workflow.
    job = run(begun, min(LONGEST_WAIT_S, until - _ports.now()), named=True)
    job = accept.wait(_ports, job, until)
    headers = headers_of(job, _ports.now()) | begun.headers
    if job.status == "succeeded":
        return job, headers
    error = failure.of(job) if job.ended else failure.late(job, until - began, again=known_again(event))
    error.headers = headers | error.headers
    raise error


def taken(
    event: Event, sender: Caller, given: dict[str, Any], make: Callable[[], dict[str, Any]]
) -> repeats.Taken:
    """Make a job of a call, or find the one that it made before.

    Args:
        given: what the call asks for, by which it is told from others.
        make: writes it as the body of a native call; what is stored for that is stored once.
    """
    call = resendable(event, sender, given)

    def accepted() -> Job:
        body = make()
        asked = bodies.read(body, str(body["model"]))
        return accept.accept(_ports, sender, asked, base_url(event), call)

    found = repeats.once(_ports, sender, call, accepted)
    word = "job accepted" if found.new else "job asked for again"
    _wiring.logger.info(word, job=found.job.id, model=found.job.model, operation=found.job.operation)
    return found


def run(begun: repeats.Taken, wait_s: float, *, named: bool) -> Job:
    """Run a job as far as its caller waits; one that was made before goes on as it does."""
    return (accept.run if begun.new else repeats.go_on)(_ports, begun.job, wait_s, named)
