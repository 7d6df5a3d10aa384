"""Cancel a batch: it is written on it, so that its workers start nothing more; and its jobs are canceled.

Rule: what is not canceled here, because time is short, its workers cancel at their next look.
"""

from gateway.domain.batch import Batch, moved
from gateway.errors import Clash, Conflict, NotFound
from gateway.flow.batch.desk import Desk
from gateway.flow.batch.work import stopped


def cancel(desk: Desk, tenant: str, batch_id: str, until: float) -> Batch:
    """Cancel a batch; twice is once.

    Args:
        until: when to leave the rest of its jobs to its workers.

    Raises:
        NotFound: the tenant has no such batch.
        Clash: it has ended otherwise, or all its jobs have.
    """
    batch = look(desk, tenant, batch_id)
    if batch.status == "canceled":
        return batch
    if batch.ended or (batch.status == "finalizing" and batch.cancel_at is None):
        raise Clash(f"batch {batch.id} is {batch.status}, which is too late to cancel it.", code="too_late")
    if batch.cancel_at is None:
        now = desk.ports.now()
        try:
            batch = desk.batches.save(moved(batch, "cancel", now, cancel_at=now))
        except Conflict:
            return cancel(desk, tenant, batch_id, until)
    for job in _running(desk, batch):
        if desk.ports.now() >= until:
            break
        stopped(desk, tenant, job)
    return batch


def look(desk: Desk, tenant: str, batch_id: str) -> Batch:
    """Return a batch.

    Raises:
        NotFound: the tenant has no such batch.
    """
    batch = desk.batches.get(tenant, batch_id)
    if batch is None:
        raise NotFound(
            f"no batch {batch_id[:40]!r} under this key's tenant.", code="batch_not_found", param="id"
        )
    return batch


def _running(desk: Desk, batch: Batch) -> list[str]:
    return [line.job for part in desk.batches.parts(batch.id) for line in part.lines if line.status == "open"]
