"""The sweeper: once a minute it sees to what nobody works on any more; and to executions that broke, at once.

Their event comes as a "best effort", so a round also ends what is long overdue. Source of its shape:
https://docs.aws.amazon.com/step-functions/latest/dg/cw-events.html, read 2026-11-24.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from gateway.errors import Conflict
from gateway.flow import attempt, sweep
from gateway.flow.batch import watch
from gateway.handlers import _wiring
from gateway.handlers._job import job_of, told

_ports = _wiring.the_ports()
_desk = _wiring.the_desk()
_letters = _wiring.the_letters()


def handler(event: dict[str, Any], context: object) -> None:
    """Make a round, or see to the job whose execution an event names."""
    execution = event.get("detail", {})
    if "executionArn" in execution:
        return _broke(execution)
    broken = _each(_ports.bell.ring, ((pool,) for pool in _ports.queue.pools()))
    broken += _each(_job, _ports.jobs.due(_ports.now()))
    broken += _each(_batch, _desk.batches.due(_ports.now()))
    broken += _each(_letter, _letters.read())
    if broken:
        raise RuntimeError(f"{broken} could not be swept; the log says why")


def _broke(execution: dict[str, Any]) -> None:
    ids, status = msgspec.json.decode(execution["input"]), execution["status"]
    if "batch" in ids:
        again = watch.broke(_desk, ids["tenant"], ids["batch"], execution["name"], status)
        return _wiring.logger.info("broke", batch=ids["batch"], status=status, done=again)
    done = sweep.broke(_ports, job_of(_ports, ids), execution["name"], status)
    told("broke", ids, {"execution": execution["name"], "status": status, "done": done})


def _job(tenant: str, job_id: str) -> None:
    told("sweep", {"job": job_id}, {"done": sweep.see_to(_ports, tenant, job_id)})


def _batch(tenant: str, batch_id: str) -> None:
    _wiring.logger.info("sweep", batch=batch_id, done=watch.see_to(_desk, tenant, batch_id))


def _letter(receipt: str, text: str) -> None:
    message = msgspec.json.decode(text)
    outcome = attempt.bury(_ports, job_of(_ports, message), message["attempt"])
    _ports.tokens.succeed(message["token"], told("bury", message, outcome.payload()))
    _letters.drop(receipt)


def _each(work: Callable[..., None], items: Iterable[tuple[str, ...]]) -> int:
    """Work through a list and count what broke: it must not keep the others waiting."""
    broken = 0
    for item in items:
        try:
            work(*item)
        except (attempt.Busy, Conflict):
            continue  # somebody works on it after all
        except Exception:
            broken += 1
            _wiring.logger.exception("sweep", work=work.__name__)
    return broken
