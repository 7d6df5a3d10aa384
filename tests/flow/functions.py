"""What each function does with its event, over given ports: the handlers without their wiring."""

import math
from typing import Any

from gateway.domain import body as bodies
from gateway.domain.job import Job
from gateway.flow import accept, attempt, chain, deliver, sweep
from gateway.flow import overdue as ending
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


def route(ports: Ports, job_id: str, overdue: bool = False, retries: int = 0) -> dict[str, Any]:
    """Choose the next target, after an attempt that is given up."""
    job = sweep.take_over(ports, read(ports, job_id))
    job = ending.abandon(ports, job) if overdue else job
    moved = chain.advance(ports, job, again=retries > 0)
    if isinstance(moved, chain.End):
        return {"outcome": "end"}
    if isinstance(moved, chain.Wait):
        return {"outcome": "queue", "hop": moved.hop}
    return slot_payload(ports, moved.job, moved.attempt)


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


def check(ports: Ports, job_id: str, n: int, called: bool = False) -> dict[str, Any]:
    """Look at a running attempt."""
    return attempt.check(ports, read(ports, job_id), n, called=called).payload()


def fetch(ports: Ports, job_id: str) -> dict[str, Any]:
    """Bring finished files in."""
    job = read(ports, job_id)
    if job.ended or job.outputs:
        deliver.clear(ports, job)
        return Outcome("delivered", job).payload()
    return deliver.from_links(ports, job, job.attempt, math.inf).payload()


def settle(ports: Ports, job_id: str, lost: bool) -> Job:
    """End a job."""
    return settling.settle(ports, read(ports, job_id), lost=lost)


def broke(ports: Ports, job_id: str, execution: str) -> None:
    """See to an execution that broke."""
    sweep.broke(ports, read(ports, job_id), execution, "FAILED")
