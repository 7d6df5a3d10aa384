"""What the flow of batches needs from outside, besides the ports of jobs."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from gateway.domain.batch import Batch, File, Part
from gateway.domain.repeat import Repeat
from gateway.flow.ports import Ports


class Batches(Protocol):
    """The batches table. Every write names the version it was made from."""

    def create(self, batch: Batch, repeat: Repeat | None) -> None:
        """Store a new batch and the call that made it; raise ``Conflict`` if there was one."""

    def get(self, tenant: str, batch_id: str) -> Batch | None:
        """Read a batch as of the latest write."""

    def save(self, batch: Batch) -> Batch:
        """Write a batch back, return its new version; raise ``Conflict`` if it is not the latest."""

    def page(self, tenant: str, count: int, after: str) -> Sequence[Batch]:
        """Return a tenant's batches, the newest first, from behind the one that is named."""

    def part(self, batch_id: str, number: int) -> Part | None:
        """Read a part as of the latest write."""

    def save_part(self, part: Part) -> Part:
        """Write a part as ``save`` does; version 0 is a new one."""

    def parts(self, batch_id: str) -> Iterator[Part]:
        """Read all parts in their order, a page at a time."""

    def due(self, now: float) -> Sequence[tuple[str, str]]:
        """Name those that the sweeper shall see to, by tenant and id."""


class Sheet(Protocol):
    """A file of lines that is being written."""

    def write(self, line: bytes) -> None:
        """Append a line."""

    def stored(self) -> File:
        """Return what was written; it is there when its context has ended without an error."""


class Sheets(Protocol):
    """Files of lines in the bucket, read and written in bounded memory."""

    def read(self, key: str, start: int = 0, end: int | None = None, etag: str = "") -> Iterator[bytes]:
        """Yield a file's bytes, or a part of them; raise ``Changed`` if it is not the content named."""

    def etag(self, key: str) -> str:
        """Name a file's content; raise ``Changed`` if it is not there."""

    def writing(self, key: str) -> AbstractContextManager[Sheet]:
        """Write a file; a second time writes the same one over it."""


class Statuses(Protocol):
    """A cheap look at many jobs."""

    def of(self, tenant: str, jobs: Sequence[str]) -> dict[str, str]:
        """Return the states of some jobs; one that was not found for now is absent."""


class Runs(Protocol):
    """The durable way of working a batch off."""

    def start(self, tenant: str, batch_id: str) -> None:
        """Hand a batch over; doing it twice is doing it once."""

    def again(self, tenant: str, batch_id: str) -> str:
        """Hand it over once more, after an execution that is over; return the new one's name."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The ports of jobs, and those of batches beside them."""

    ports: Ports
    batches: Batches
    sheets: Sheets
    statuses: Statuses
    runs: Runs


def found(desk: Desk, tenant: str, batch_id: str) -> Batch:
    """Return the batch that an event of its workflow names.

    Raises:
        LookupError: it does not exist.
    """
    batch = desk.batches.get(tenant, batch_id)
    if batch is None:
        raise LookupError(f"no batch {batch_id!r}")
    return batch
