"""The ports of files: ours, customers' own buckets, what callers bring."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from gateway.domain.destination import Destination
from gateway.domain.download import Part
from gateway.domain.upload import Form, Seen, Wanted


class Artifacts(Protocol):
    """A bucket of delivered files. What is there already is not written again."""

    def put(self, key: str, content_type: str, data: bytes) -> None:
        """Store a small file."""

    def begin(self, key: str, content_type: str) -> str:
        """Begin a large one; return the upload's id."""

    def put_part(self, key: str, upload: str, number: int, data: bytes) -> Part:
        """Store a part of it."""

    def parts(self, key: str, upload: str) -> Sequence[Part] | None:
        """Return the parts that are there; nothing if the upload is not open any more."""

    def complete(self, key: str, upload: str, parts: Sequence[Part]) -> None:
        """Make one file of the parts."""

    def drop(self, key: str, upload: str) -> None:
        """Forget the parts; twice is once."""

    def link(self, key: str) -> str:
        """Sign a link to a file, for a quarter of an hour."""

    def find(self, stem: str) -> str | None:
        """Return the key of the file that was stored under ``stem`` + its own extension."""

    def read(self, key: str) -> Iterator[bytes]:
        """Read a file back."""

    def remove(self, key: str) -> None:
        """Take a file away; twice is once."""


class Destinations(Protocol):
    """Customers' own buckets. What their side says no to is ``DestinationRefused``."""

    def find(self, tenant: str, name: str) -> Destination | None:
        """Return a destination by its name."""

    def list(self, tenant: str) -> Sequence[Destination]:
        """Return a tenant's destinations."""

    def save(self, at: Destination, *, new: bool) -> bool:
        """Store a destination; return whether it was there before, or was not, as it should."""

    def remove(self, tenant: str, name: str) -> bool:
        """Forget one; return whether there was one."""

    def open(self, at: Destination) -> Artifacts:
        """Go in."""

    def check(self, at: Destination) -> None:
        """Do once what deliveries do."""


class Uploads(Protocol):
    """Files that callers bring."""

    def form(self, key: str, wanted: Wanted, seconds: int) -> Form:
        """Sign a form by which one file can be sent."""

    def put(self, key: str, content_type: str, data: bytes) -> None:
        """Store a file that came along with a call."""

    def look(self, key: str, count: int) -> Seen | None:
        """Read a file's size and head, or nothing where there is none."""

    def link(self, key: str, content_type: str) -> str:
        """Sign a link that a provider can fetch the file by."""

    def read(self, key: str, size: int) -> bytes | None:
        """Read a file of this size, or nothing where there is none."""
