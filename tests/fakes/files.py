"""Files: ours, customers' own buckets, and uploads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gateway.domain.destination import Destination
from gateway.domain.download import Part
from gateway.domain.upload import Form, Seen, Wanted
from gateway.errors import DestinationRefused


@dataclass
class FakeArtifacts:
    """Files in a dictionary, and the parts of those that are on their way."""

    files: dict[str, bytes] = field(default_factory=dict)
    open: dict[str, dict[int, bytes]] = field(default_factory=dict)

    def put(self, key: str, content_type: str, data: bytes) -> None:
        """Keep a file, the first time."""
        self.files.setdefault(key, data)

    def begin(self, key: str, content_type: str) -> str:
        """Begin an upload."""
        upload = f"upload-{len(self.open) + 1} of {key}"
        self.open[upload] = {}
        return upload

    def put_part(self, key: str, upload: str, number: int, data: bytes) -> Part:
        """Keep a part."""
        self.open[upload][number] = data
        return Part(number, len(data), f"etag of {number}")

    def parts(self, key: str, upload: str) -> list[Part] | None:
        """List the parts."""
        if upload not in self.open:
            return None
        return [Part(n, len(data), f"etag of {n}") for n, data in sorted(self.open[upload].items())]

    def complete(self, key: str, upload: str, parts: Sequence[Part]) -> None:
        """Put the parts together."""
        kept = self.open.pop(upload)
        self.files.setdefault(key, b"".join(kept[part.number] for part in parts))

    def drop(self, key: str, upload: str) -> None:
        """Forget an upload."""
        self.open.pop(upload, None)

    def link(self, key: str) -> str:
        """Name the file in a link."""
        return f"https://bucket.example.com/{key}"

    def find(self, stem: str) -> str | None:
        """Find a file."""
        return next((key for key in self.files if key.startswith(f"{stem}.")), None)

    def read(self, key: str) -> Iterator[bytes]:
        """Read a file."""
        return iter((self.files[key],))

    def remove(self, key: str) -> None:
        """Take a file away."""
        self.files.pop(key, None)


@dataclass
class FakeDestinations:
    """Customers' buckets in a dictionary; one that refuses says why."""

    known: dict[tuple[str, str], Destination] = field(default_factory=dict)
    buckets: dict[str, FakeArtifacts] = field(default_factory=dict)
    refusal: str = ""

    def find(self, tenant: str, name: str) -> Destination | None:
        """Find one."""
        return self.known.get((tenant, name))

    def list(self, tenant: str) -> list[Destination]:
        """List a tenant's."""
        return [at for (owner, _), at in sorted(self.known.items()) if owner == tenant]

    def save(self, at: Destination, *, new: bool) -> bool:
        """Keep one, if it is new or known as it should be."""
        if new is ((at.tenant, at.name) in self.known):
            return False
        self.known[at.tenant, at.name] = at
        return True

    def remove(self, tenant: str, name: str) -> bool:
        """Forget one."""
        return self.known.pop((tenant, name), None) is not None

    def open(self, at: Destination) -> FakeArtifacts:
        """Go in."""
        self.check(at)
        return self.buckets.setdefault(at.bucket, FakeArtifacts())

    def check(self, at: Destination) -> None:
        """Refuse, if it refuses."""
        if self.refusal:
            raise DestinationRefused(self.refusal)


@dataclass
class FakeUploads:
    """Files that callers brought, by key, and how often they were looked at."""

    files: dict[str, bytes] = field(default_factory=dict)
    looked: list[str] = field(default_factory=list)

    def form(self, key: str, wanted: Wanted, seconds: int) -> Form:
        """Write the form's facts where a signature would stand."""
        return Form("https://bucket.example.com/", {"key": key, "Content-Type": wanted.content_type})

    def put(self, key: str, content_type: str, data: bytes) -> None:
        """Keep a file."""
        self.files[key] = data

    def look(self, key: str, count: int) -> Seen | None:
        """Return a file's head."""
        self.looked.append(key)
        data = self.files.get(key)
        return None if data is None else Seen(data[:count], len(data))

    def link(self, key: str, content_type: str) -> str:
        """Name the file in a link."""
        return f"https://bucket.example.com/{key}?type={content_type}"

    def read(self, key: str, size: int) -> bytes | None:
        """Return a file of this size."""
        data = self.files.get(key)
        return data if data is not None and len(data) == size else None
