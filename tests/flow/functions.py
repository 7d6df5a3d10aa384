"""What each function does with its event, over given ports: the handlers without their wiring."""

from typing import Any

from gateway.domain import body as bodies
from gateway.domain.job import Job
from gateway.flow import accept, attempt, chain, deliver, sweep
from gateway.flow import settle as settling
from gateway.flow.outcome import Outcome
from gateway.flow.ports import Ports
from gateway.flow.pump import slot_payload
from tests.builders import CALLER


def read(ports: Ports, job_id: str) -> Job:
    """Read the job that an event names."""
    job = ports.jobs.get(CALLER.tenant, job_id)
    assert job is not None
    return job


def call(ports: Ports, model: str, body: dict[str, Any], wait_s: float) -> None:
    """Take a request in, and run it inline or hand it over."""
    job = accept.accept(ports, CALLER, bodies.read(body, model), "https://gw.example.com")
    accept.run(ports, job, wait_s, asked_to_wait=False)


def route(ports: Ports, job_id: str) -> dict[str, Any]:
    """Choose the next target."""
    moved = chain.advance(ports, sweep.take_over(ports, read(ports, job_id)))
    if isinstance(moved, chain.End):
        return {"outcome": "end"}
    if isinstance(moved, chain.Wait):
        return {"outcome": "queue", "hop": moved.hop}
    return slot_payload(moved.job, moved.attempt, ports.now())


def queue(ports: Ports, job_id: str, hop: int, token: str) -> None:
    """Wait for a full pool."""
    chain.enter_queue(ports, read(ports, job_id), hop, token)


def start(ports: Ports, message: dict[str, Any]) -> None:
    """Work on the message of a start."""
    outcome = attempt.start(ports, read(ports, message["job"]), message["attempt"])
    ports.tokens.succeed(message["token"], outcome.payload())


def bury(ports: Ports, message: dict[str, Any]) -> None:
    """See to a message that no worker could handle."""
    outcome = attempt.bury(ports, read(ports, message["job"]), message["attempt"])
    ports.tokens.succeed(message["token"], outcome.payload())


def check(ports: Ports, job_id: str, n: int) -> dict[str, Any]:
    """Look at a running attempt."""
    return attempt.check(ports, read(ports, job_id), n).payload()


def fetch(ports: Ports, job_id: str) -> dict[str, Any]:
    """Bring finished files in."""
    job = read(ports, job_id)
    done = job.ended or bool(job.outputs)
    outcome = Outcome("delivered", job) if done else deliver.from_links(ports, job, job.attempt)
    return outcome.payload()


def settle(ports: Ports, job_id: str, lost: bool) -> Job:
    """End a job."""
    return settling.settle(ports, read(ports, job_id), lost=lost)


def broke(ports: Ports, job_id: str, execution: str) -> None:
    """See to an execution that broke."""
    sweep.broke(ports, read(ports, job_id), execution, "FAILED")
