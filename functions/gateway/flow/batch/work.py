"""See a part of a batch through: its lines become jobs as far as there is room, and their ends are noted.

A line that finds no room is tried again later; one that the API would refuse is invalid, and the others run.
A worker that dies is repeated: a line's call finds the job that it made before.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from gateway.domain import batch as batches
from gateway.domain import body as bodies
from gateway.domain import jsonl
from gateway.domain.batch import Batch, Line, Part, Span, call_of, pause_s
from gateway.domain.job import TERMINAL
from gateway.errors import CallerError, Changed, InvalidRequest, RateLimited
from gateway.flow.batch.desk import Desk, found
from gateway.flow.cancel import cancel
from gateway.flow.front import Caller
from gateway.flow.repeat import take_in

# How long a look may go on making jobs: then it notes what it made, and the next one goes on.
ENTER_S = 20
# Refusals that concern the key, and so the lines after it, too.
OF_THE_KEY = frozenset({"rate_limited", "too_many_jobs"})


@dataclass(frozen=True, slots=True)
class Worked:
    """How a part stands after a look."""

    over: bool
    pause_s: int = 0


def work(desk: Desk, tenant: str, batch_id: str, span: Span) -> Worked:
    """Go through a part once."""
    batch = found(desk, tenant, batch_id)
    before = desk.batches.part(batch_id, span.part) or Part(batch_id, span.part)
    if batch.ended or (before.lines and before.over):
        return Worked(over=True)
    texts = _texts(desk, batch, span) if not before.lines or _waits(before) else {}
    part = before if before.lines else replace(before, lines=tuple(map(_read, texts.values())))
    part = replace(part, lines=tuple(_looked(desk, batch, part)))
    if batch.cancel_at is not None:
        part = _called_off(desk, batch, part)
    lines, refusal_s = _entered(desk, batch, part, texts)
    moved = lines != before.lines
    part = replace(part, lines=lines, idle=part.idle // 2 if moved else part.idle + 1)
    part = desk.batches.save_part(part)
    return Worked(part.over, pause_s(part.idle, refusal_s))


def _waits(part: Part) -> bool:
    return any(line.status == "waiting" for line in part.lines)


def _texts(desk: Desk, batch: Batch, span: Span) -> dict[int, jsonl.Piece]:
    """Read the part's lines again; none where the file is gone or was changed."""
    try:
        chunks = desk.sheets.read(batch.key, span.start, span.end, batch.etag)
        found = jsonl.pieces(chunks, batches.LONGEST_LINE, number=span.first, start=span.start)
        return {piece.number: piece for piece in found}
    except Changed:
        return {}


def _read(piece: jsonl.Piece) -> Line:
    """Begin a line: its name, or why it is none."""
    try:
        body = _body(piece)
    except InvalidRequest as error:
        return Line(piece.number, status="invalid", error=told(error))
    name = body.get("custom_id")
    line = Line(piece.number, name if isinstance(name, str) else None)
    if name is None or (isinstance(name, str) and 1 <= len(name) <= batches.LONGEST_ID):
        return line
    wrong = InvalidRequest(
        f"custom_id: must be a text of 1 to {batches.LONGEST_ID} characters.",
        code="invalid_parameter",
        param="custom_id",
    )
    return Line(piece.number, status="invalid", error=told(wrong))


def _body(piece: jsonl.Piece) -> dict[str, Any]:
    if piece.text is None:
        raise InvalidRequest(
            f"line {piece.number} is longer than {batches.LONGEST_LINE} bytes; give media as uploads.",
            code="line_too_long",
        )
    try:
        body = msgspec.json.decode(piece.text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequest(f"line {piece.number} is not JSON: {error}.", code="invalid_json") from error
    if not isinstance(body, dict):
        raise InvalidRequest(f"line {piece.number} must be a JSON object.", code="invalid_json")
    return body


def told(error: CallerError) -> dict[str, Any]:
    """Return an error as a report has it: what the API would have answered."""
    return dict(error.body()["error"])


def _looked(desk: Desk, batch: Batch, part: Part) -> Iterator[Line]:
    """Note which jobs have ended."""
    open_jobs = [line.job for line in part.lines if line.status == "open"]
    known = desk.statuses.of(batch.tenant, open_jobs) if open_jobs else {}
    for line in part.lines:
        status = known.get(line.job, "")
        yield replace(line, status=status) if line.status == "open" and status in TERMINAL else line


def _called_off(desk: Desk, batch: Batch, part: Part) -> Part:
    """Cancel what has not ended; what cannot be canceled any more ends by itself."""
    error = {"code": "batch_canceled", "message": "the batch was canceled before this line was started"}
    lines = []
    for line in part.lines:
        if line.status == "waiting":
            line = replace(line, status="canceled", error=_unstarted(**error))
        elif line.status == "open" and stopped(desk, batch.tenant, line.job):
            line = replace(line, status="canceled")
        lines.append(line)
    return replace(part, lines=tuple(lines))


def stopped(desk: Desk, tenant: str, job_id: str) -> bool:
    """Cancel a job; return whether it has ended so."""
    try:
        return cancel(desk.ports, tenant, job_id).status == "canceled"
    except CallerError:
        return False


def _entered(
    desk: Desk, batch: Batch, part: Part, texts: dict[int, jsonl.Piece]
) -> tuple[tuple[Line, ...], float]:
    """Make jobs of lines that wait, until the key has no more room; return when it may have some again."""
    lines, wait_s, shut, until = [], 0.0, False, desk.ports.now() + ENTER_S
    for line in part.lines:
        if line.status == "waiting" and not shut and desk.ports.now() < until:
            made = _made(desk, batch, line, texts.get(line.number))
            if isinstance(made, RateLimited):
                wait_s = max(wait_s, float(made.headers.get("retry-after", "1")))
                shut = made.code in OF_THE_KEY
            else:
                line = made
        lines.append(line)
    return tuple(lines), wait_s


def _made(desk: Desk, batch: Batch, line: Line, piece: jsonl.Piece | None) -> Line | RateLimited:
    if piece is None or piece.text is None:
        message = "the uploaded file is there no more, or was changed meanwhile"
        return replace(line, status="failed", error=_unstarted("input_gone", message))
    if desk.ports.now() >= batch.deadline_at:
        message = "the batch's deadline passed before there was room for this line"
        return replace(line, status="failed", error=_unstarted("batch_expired", message))
    caller = Caller(batch.tenant, batch.key_id, batch.tier, batch=batch.id)
    call = call_of(batch.id, line.number, piece.text)
    try:
        taken = take_in(desk.ports, caller, bodies.read_line(_body(piece)), batch.base_url, call)
    except RateLimited as refusal:
        return refusal
    except CallerError as error:
        return replace(line, status="invalid", error=told(error))
    if taken.job.ended:
        return replace(line, status=taken.job.status, job=taken.job.id)
    desk.ports.workflow.start(taken.job.tenant, taken.job.id)
    return replace(line, status="open", job=taken.job.id)


def _unstarted(code: str, message: str) -> dict[str, Any]:
    """Tell of a line that was fine and has not run, in the form of all errors."""
    return told(CallerError(f"{message}.", code=code))
