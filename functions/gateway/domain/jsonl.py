"""JSON lines as they come, in chunks of any size: at most one line is held, and none that is too long."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Piece:
    """One line that is not blank.

    Args:
        number: as an editor counts it, from 1; blank lines count.
        start, end: where it stands, in bytes, its line's end included.
        text: nothing where it is longer than lines may be.
    """

    number: int
    start: int
    end: int
    text: bytes | None = field(repr=False)


def pieces(chunks: Iterable[bytes], longest: int, *, number: int = 1, start: int = 0) -> Iterator[Piece]:
    r"""Divide chunks into lines, whatever the bounds of chunks.

    Args:
        longest: bytes of a line at most.
        number, start: of the first line, where the chunks are a part of a file.

    >>> [(p.number, p.start, p.end, p.text) for p in pieces([b'{}\n', b'\n{"a"', b':1}'], 99)]
    [(1, 0, 3, b'{}'), (3, 4, 11, b'{"a":1}')]
    """
    for text, size in _lines(chunks, longest):
        bare = text.removeprefix(_MARK if start == 0 else b"").strip() if text is not None else None
        if bare != b"":
            yield Piece(number, start, start + size, bare)
        number, start = number + 1, start + size


def _lines(chunks: Iterable[bytes], longest: int) -> Iterator[tuple[bytes | None, int]]:
    """Yield each line and its length; of one that is too long the length alone."""
    held, size = bytearray(), 0
    for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            size += len(part) + 1
            held += part if size <= longest + 1 else b""
            yield (bytes(held) if size <= longest + 1 else None), size
            held.clear()
            size = 0
        size += len(rest)
        held += rest if size <= longest else b""
    if size:
        yield (bytes(held) if size <= longest else None), size
