"""See to batches that nobody works on any more, as ``flow.sweep`` does for jobs."""

from dataclasses import replace

from gateway.domain.batch import Batch, moved
from gateway.flow.batch.desk import Desk

LOST = "the workflow of this batch broke and did not come back; the jobs that it started go on by themselves"


def see_to(desk: Desk, tenant: str, batch_id: str) -> str:
    """Hand a batch over whose function died, or end one that is long overdue; return which."""
    batch = desk.batches.get(tenant, batch_id)
    if batch is None or batch.ended or desk.ports.now() < batch.sweep_at:
        return "none"
    if desk.ports.now() < batch.deadline_at:
        desk.runs.start(tenant, batch_id)
        return "handed over"
    _close(desk, batch)
    return "closed"


def broke(desk: Desk, tenant: str, batch_id: str, execution: str, status: str) -> str:
    """See to a batch whose execution broke: it gets one more; what was stopped, or broke again, ends it."""
    batch = desk.batches.get(tenant, batch_id)
    if batch is None or batch.ended:
        return "none"
    if status == "ABORTED" or execution != batch_id:
        _close(desk, batch)
        return "closed"
    return desk.runs.again(tenant, batch_id)


def _close(desk: Desk, batch: Batch) -> None:
    ended = moved(batch, "fail", desk.ports.now())
    desk.batches.save(replace(ended, error_code="internal_error", error_message=f"{LOST}."))
