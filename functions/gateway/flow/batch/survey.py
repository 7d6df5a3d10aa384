"""Read a batch's file through once: is it one, how many lines has it, and where does each part stand.

What is wrong with the file as a whole fails the batch before anything is started. What is wrong with a line
is left to its part: the others run.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import msgspec

from gateway.domain import batch as batches
from gateway.domain import jsonl
from gateway.domain.batch import Batch, moved, spans
from gateway.errors import Changed
from gateway.flow.batch.desk import Desk, found

# Longer than any job may still take after a batch's deadline.
OVERDUE_S = 6 * 3600


class Unfit(Exception):
    """The file is not one of lines that can be run; carries a code and a text for the caller."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class _Tally:
    """What is known of the lines so far: how many, how many look like requests, whose names they have."""

    total: int = 0
    objects: int = 0
    names: dict[str, int] = field(default_factory=dict)


class _Named(msgspec.Struct):
    custom_id: object = None


def survey(desk: Desk, tenant: str, batch_id: str) -> str:
    """Find the parts of a batch; return the key of their list, or nothing if there is nothing to be done."""
    batch = found(desk, tenant, batch_id)
    if batch.ended:
        return ""
    key = f"batches/{tenant}/{batch_id}/parts.jsonl"
    try:
        etag = batch.etag or desk.sheets.etag(batch.key)
        tally = _Tally()
        with desk.sheets.writing(key) as sheet:
            for span in spans(_checked(desk, batch, etag, tally)):
                sheet.write(msgspec.json.encode(span) + b"\n")
            _require_some(tally)
    except Changed:
        _fail(desk, batch, "input_gone", "the uploaded file is there no more, or was changed meanwhile")
        return ""
    except Unfit as unfit:
        _fail(desk, batch, unfit.code, str(unfit))
        return ""
    sweep_at = batch.deadline_at + OVERDUE_S
    desk.batches.save(moved(batch, "run", desk.ports.now(), etag=etag, total=tally.total, sweep_at=sweep_at))
    return key


def _checked(desk: Desk, batch: Batch, etag: str, tally: _Tally) -> Iterator[tuple[int, int, int]]:
    chunks = desk.sheets.read(batch.key, etag=etag)
    for piece in jsonl.pieces(chunks, batches.LONGEST_LINE):
        tally.total += 1
        if tally.total > batches.MOST_LINES:
            raise Unfit(
                "too_many_lines",
                f"the file has more than {batches.MOST_LINES} lines; make several batches of it",
            )
        _count(tally, piece)
        yield piece.number, piece.start, piece.end


def _count(tally: _Tally, piece: jsonl.Piece) -> None:
    try:
        name = msgspec.json.decode(piece.text or b"", type=_Named).custom_id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    tally.objects += 1
    if isinstance(name, str) and (first := tally.names.setdefault(name, piece.number)) != piece.number:
        raise Unfit(
            "duplicate_custom_id",
            f"line {piece.number} has the custom_id {name[:40]!r}, which line {first} has, too",
        )


def _require_some(tally: _Tally) -> None:
    if not tally.total:
        raise Unfit("empty_input", "the file has no line")
    if not tally.objects:
        raise Unfit("not_jsonl", f"none of the file's {tally.total} lines is a JSON object; each must be one")


def _fail(desk: Desk, batch: Batch, code: str, message: str) -> None:
    desk.batches.save(
        replace(moved(batch, "fail", desk.ports.now()), error_code=code, error_message=f"input: {message}.")
    )
