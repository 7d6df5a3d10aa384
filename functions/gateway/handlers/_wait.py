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
from gateway.handlers._repeat import resendable
from gateway.handlers._trace import headers_of

_ports = _wiring.the_ports()
# Clients give up after ten minutes; API Gateway after five.
LONGEST_S = 240


def done(
    event: Event, sender: Caller, given: dict[str, Any], left_s: float, make: Callable[[], dict[str, Any]]
) -> tuple[Job, dict[str, str]]:
    """Run a call's job to its end; return it and the headers of its answer.

    Args:
        given: what the call asks for, by which it is told from others.
        make: writes it as the body of a native call; what is stored for that is stored once.

    Raises:
        JobFailed: it brought nothing, or takes longer than this function lives. Then it goes on, and whoever
            sends the same call again waits for the same job.
    """
    began = _ports.now()
    until = began + min(left_s, LONGEST_S)
    call = resendable(event, sender, given)
    taken = repeats.once(
        _ports,
        sender,
        call,
        lambda: accept.accept(_ports, sender, _asked(make()), base_url(event), call),
    )
    word = "job accepted" if taken.new else "job asked for again"
    _wiring.logger.info(word, job=taken.job.id, model=taken.job.model, operation=taken.job.operation)
    run = accept.run if taken.new else repeats.go_on
    # In this call itself for as long as the sweeper leaves it alone, then in the workflow.
    job = run(_ports, taken.job, min(LONGEST_WAIT_S, until - _ports.now()), True)
    job = accept.wait(_ports, job, until)
    headers = headers_of(job, _ports.now()) | taken.headers
    if job.status == "succeeded":
        return job, headers
    error = failure.of(job) if job.ended else failure.late(job, until - began, again=call is not None)
    error.headers = headers | error.headers
    raise error


def _asked(body: dict[str, Any]) -> Any:
    return bodies.read(body, str(body["model"]))
