"""What else there is for jobs, and what of it a chat can do, of which nothing is kept that could go on."""

import pytest

from gateway.domain.body import read
from gateway.domain.job import Job
from gateway.errors import Clash, Gone
from gateway.flow.cancel import cancel
from gateway.flow.chat import course
from gateway.flow.ports import Ports
from gateway.flow.replay import replay
from gateway.flow.sweep import see_to
from tests.builders import CALLER
from tests.flow.chat.line import FIREWORKS, WHOLE, on, stored, taken_in


def begun() -> tuple[Ports, Job]:
    """Begin a chat, and die."""
    ports, _ = on({FIREWORKS: [WHOLE]})
    course.go(ports, taken_in(ports), ports.now() + 100, streamed=True)
    return ports, stored(ports)


def test_a_chat_whose_function_died_is_ended_by_the_sweeper() -> None:
    """
    Not before any function must be gone; and no workflow is given what it could not run.
    """
    ports, job = begun()

    early = see_to(ports, job.tenant, job.id)
    ports.sleep(331)
    late = see_to(ports, job.tenant, job.id)

    assert (early, late, stored(ports).status) == ("none", "closed", "failed")
    assert ports.workflow.started == []
    assert ports.leases.holders == {"key#key_1": {}}


def test_a_chat_is_canceled_by_leaving_it() -> None:
    """
    Whoever asks for it otherwise is told so.
    """
    ports, job = begun()

    with pytest.raises(Clash, match="close that connection"):
        cancel(ports, job.tenant, job.id)


def test_a_chat_cannot_be_replayed() -> None:
    """
    What it was asked is not there any more.
    """
    ports, job = begun()
    ports.sleep(331)
    see_to(ports, job.tenant, job.id)

    with pytest.raises(Gone, match="not kept"):
        replay(ports, CALLER, job.id, read({}, ""), {}, "https://gw.example.com", None)
