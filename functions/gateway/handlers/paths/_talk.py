"""Chats for Segmind's SDK: our own in one piece, within one call."""

from gateway.domain import chat, segmind
from gateway.domain.job import Job
from gateway.errors import JobFailed
from gateway.flow.chat import answer, entry, known
from gateway.flow.chat.answer import Whole
from gateway.flow.chat.discreet import discreet
from gateway.handlers import _wiring
from gateway.handlers._call import Event, body, caller
from gateway.handlers._header import LONGEST_WAIT_S

_ports = discreet(_wiring.the_ports())
# Pictures come inside of messages.
BODY_BYTES = 4_500_000


def whole(event: Event, model: str) -> Whole:
    """Answer a chat.

    Raises:
        GatewayError: it is refused, or nobody answered.
    """
    sender = caller(event, "submit")
    asked = chat.read_chat(segmind.chat_body(body(event, BODY_BYTES), model))
    job, _ = entry.take_in(_ports, sender, asked)
    _wiring.logger.info("chat taken in", job=job.id, model=job.model, key=job.key_id)
    return answer.whole(_ports, job, asked, _ports.now() + LONGEST_WAIT_S)


def kept(event: Event, model: str) -> Job:
    """Answer a chat, and keep the answer to be asked for; return its job, also if that failed."""
    try:
        told = whole(event, model)
    except JobFailed as failed:
        job = _ports.jobs.get(caller(event, "submit").tenant, failed.job_id or "")
        if job is None:
            raise
        return job
    known.keep(_ports, told)
    return told.job


def answers_of(job: Job) -> list[str]:
    """Return the answer of a chat, if it was kept: JSON in a text."""
    found = known.answer_of(_ports, job)
    return [] if found is None else [found.decode()]
