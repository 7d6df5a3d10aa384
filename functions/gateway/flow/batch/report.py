"""End a batch: write what became of every line, and by itself what did not succeed.

Rule: the reports are written before the batch says that it has ended, and both can be written again.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

from gateway.domain import batch as batches
from gateway.domain import report as reports
from gateway.domain import view
from gateway.domain.batch import Batch, Line, Part, counted, moved
from gateway.flow.batch.desk import Desk, Sheet, found

# How often the parts are gone through before a batch ends without some of its lines.
MOST_ROUNDS = 5
ROUND_PAUSE_S = 30


def report(desk: Desk, tenant: str, batch_id: str, secret: Callable[[], bytes]) -> bool:
    """End a batch whose parts were gone through; return whether they must be gone through again.

    Args:
        secret: brings what links are signed with.
    """
    batch = found(desk, tenant, batch_id)
    if batch.ended:
        return False
    parts = list(map(_outline, desk.batches.parts(batch_id)))
    counts = counted(batch, parts)
    missing = counts["queued"] + counts["running"]
    if missing and batch.rounds + 1 < MOST_ROUNDS:
        desk.batches.save(replace(batch, rounds=batch.rounds + 1))
        return True
    batch = desk.batches.save(moved(batch, "report", desk.ports.now()))
    batch = _written(desk, batch, secret)
    desk.batches.save(replace(_ended(batch, desk.ports.now(), missing), counts=counts))
    return False


def _outline(part: Part) -> Part:
    """Forget all but what is counted, because a batch has many parts."""
    return replace(part, lines=tuple(Line(line.number, status=line.status) for line in part.lines))


def _ended(batch: Batch, now: float, missing: int) -> Batch:
    if missing:
        lost = f"{missing} of {batch.total} lines could not be worked off; their jobs, if any, go on"
        return replace(moved(batch, "fail", now), error_code="internal_error", error_message=f"{lost}.")
    return moved(batch, "end" if batch.cancel_at is not None else "complete", now)


def _written(desk: Desk, batch: Batch, secret: Callable[[], bytes]) -> Batch:
    """Write both reports in one pass; the second exists only where something did not succeed."""
    folder = f"r{batch.retention_days}/{batch.tenant}/{batch.id}"
    failures: Sheet | None = None
    with ExitStack() as stack:
        results = stack.enter_context(desk.sheets.writing(f"{folder}/results.jsonl"))
        for line in _lines(desk, batch):
            text = _entry(desk, batch, line, secret)
            results.write(text)
            if line.status != "succeeded":
                failures = failures or stack.enter_context(desk.sheets.writing(f"{folder}/failures.jsonl"))
                failures.write(text)
    return replace(batch, results=results.stored(), failures=failures.stored() if failures else None)


def _lines(desk: Desk, batch: Batch) -> Iterator[Line]:
    return (line for part in desk.batches.parts(batch.id) for line in part.lines)


def _entry(desk: Desk, batch: Batch, line: Line, secret: Callable[[], bytes]) -> bytes:
    job = desk.ports.jobs.get(batch.tenant, line.job) if line.job else None
    return reports.entry(line, view.job_document(job, batch.base_url, secret) if job else None)


def counts_of(desk: Desk, batch: Batch) -> dict[str, int]:
    """Count a batch's lines as they stand now."""
    return batch.counts or batches.counted(batch, map(_outline, desk.batches.parts(batch.id)))
