"""A large file on its way: how far it is, and how its source is asked for the rest. Pure.

Parts are of one size but for the last, so that the parts which are there say where to go on.
Source of the headers: RFC 9110 sections 13.1.5 (If-Range) and 14 (Range), read 2026-11-24.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.domain.job import Upload

PART_BYTES = 8 * 1024 * 1024
LARGEST_BYTES = 5 * 1024**3
# How often a file is begun with its first byte before it is given up.
BEGINNINGS = 3


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a file that is in the bucket."""

    number: int
    bytes: int
    etag: str


def leading(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Return the parts that can be gone on from: whole ones, without a gap."""
    found: list[Part] = []
    for part in sorted(parts, key=lambda part: part.number):
        if (part.number, part.bytes) != (len(found) + 1, PART_BYTES):
            break
        found.append(part)
    return tuple(found)


def wanted(upload: Upload | None, at: int) -> dict[str, str]:
    """Return the headers that ask for what comes after ``at`` bytes, if the file is still the same."""
    if upload is None or not at:
        return {}
    unchanged = {"if-range": upload.validator} if upload.validator else {}
    return {"range": f"bytes={at}-", **unchanged}


def continues(upload: Upload, at: int, status: int, headers: Mapping[str, str]) -> bool:
    """Tell whether an answer is the rest of that very file, and not another one or all of it."""
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", headers.get("content-range", ""))
    if status != 206 or found is None:
        return False
    first, last, total = (int(number) for number in found.groups())
    same = not upload.validator or validator(headers) in ("", upload.validator)
    return same and (first, last) == (at, total - 1) and upload.bytes in (None, total)


def validator(headers: Mapping[str, str]) -> str:
    """Return what tells one version of a file from another; a weak tag does not."""
    tag = headers.get("etag", "")
    return tag if tag.startswith('"') else headers.get("last-modified", "")


def length(headers: Mapping[str, str]) -> int | None:
    """Return how long a body says that it is."""
    text = headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() else None
