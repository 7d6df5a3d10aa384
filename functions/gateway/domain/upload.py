"""Uploads: what may be uploaded, under which key, for how long; and what a reference to one says.

An upload is no record: its id holds its time, and its key holds the tenant, so both need no look-up.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gateway.domain import identity
from gateway.domain.media import EXTENSIONS
from gateway.errors import InvalidRequest

LINES = "application/jsonl"
# Kind of file -> bytes at most. What can be sent inside a request may not be longer than that takes.
MOST_BYTES = {
    "image": 20 * 1024 * 1024,
    "audio": 100 * 1024 * 1024,
    "video": 1024 * 1024 * 1024,
    LINES: 200 * 1024 * 1024,
}
TYPES = (*sorted(EXTENSIONS.keys() - {"image/svg+xml"}), LINES)
# How long a reference can be used, and how long its form: no role's signature is good for longer.
KEPT_S = 24 * 3600
FORM_S = 3600
# How far the clocks of two functions may be apart.
SKEW_S = 60
_REFERENCE = "upl_"
# Containers of films that may hold a sound alone, as browsers record them.
_CARRIERS = {"audio": ("video/webm", "video/mp4", "video/quicktime")}


@dataclass(frozen=True, slots=True)
class Form:
    """A signed form: the address, and the fields that go before the field ``file``."""

    url: str
    fields: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that somebody wants to upload.

    Args:
        least, most: its size in bytes; the same where the caller told it.
    """

    content_type: str
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Seen:
    """A file's first bytes, and its whole size."""

    head: bytes = field(repr=False)
    bytes: int


def read(body: dict[str, Any]) -> Wanted:
    """Read what a caller wants to upload.

    Raises:
        InvalidRequest: the type is none that is taken, or the size is none, or too large.
    """
    if unknown := sorted(body.keys() - {"content_type", "bytes"}):
        raise _wrong(
            unknown[0], "is not a field of an upload. Known: content_type, bytes", "unknown_parameter"
        )
    content_type = body.get("content_type")
    if content_type is None:
        raise _wrong("content_type", f"is required, one of {', '.join(TYPES)}", "missing_parameter")
    if content_type not in TYPES:
        raise _wrong("content_type", f"must be one of {', '.join(TYPES)}, not {str(content_type)[:60]!r}")
    most, size = MOST_BYTES[kind_of(content_type)], body.get("bytes")
    if size is None:
        return Wanted(content_type, 1, most)
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= most:
        raise _wrong("bytes", f"must be a whole number from 1 to {most} for {content_type}, not {size!r:.40}")
    return Wanted(content_type, size, size)


def kind_of(content_type: str) -> str:
    """Return the kind of file that limits go by: image, audio, video, or the type of lines itself."""
    return content_type if content_type == LINES else content_type.partition("/")[0]


def key_of(tenant: str, upload_id: str) -> str:
    """Return the object key of an upload; the tenant in it makes another tenant's upload unreachable."""
    return f"uploads/{tenant}/{upload_id}"


def expires_at(upload_id: str) -> float:
    """Return until when an upload can be referred to."""
    return (identity.made_at(upload_id) or 0) + KEPT_S


def fault(reference: str, now: float) -> str:
    """Say why a reference is good for nothing, by itself alone; nothing when it may be good."""
    made = identity.made_at(reference)
    if made is None or not reference.startswith(_REFERENCE) or made > now + SKEW_S:
        return f"{reference[:40]!r} is not the reference of an upload; POST /v1/uploads answers one"
    if now >= made + KEPT_S:
        return (
            f"the upload {reference!r} expired at {moment(made + KEPT_S)}, a day after it was begun; "
            "begin another with POST /v1/uploads"
        )
    return ""


def unlike(kind: str, content_type: str, size: int) -> str:
    """Say why a file that is there cannot be what it is used as; nothing when it can.

    Args:
        kind: image, video, audio, or the type of lines.
        content_type: told from the file's first bytes; empty where they tell nothing.
    """
    fits = kind_of(content_type) == kind or content_type in _CARRIERS.get(kind, ())
    if not fits or content_type not in TYPES:
        found = content_type or "of no known media type"
        return f"is {found} by its first bytes, and {_KINDS[kind]} is needed"
    if size > MOST_BYTES[kind]:
        return f"has {size} bytes, and {MOST_BYTES[kind]} are the most for {_KINDS[kind]}"
    return ""


def moment(at: float) -> str:
    """Write an instant as the API does."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_KINDS = {
    "image": "an image",
    "audio": "an audio file",
    "video": "a video file",
    LINES: "a file of JSON lines",
}


def _wrong(name: str, problem: str, code: str = "invalid_parameter") -> InvalidRequest:
    return InvalidRequest(f"{name}: {problem}.", code=code, param=name)
