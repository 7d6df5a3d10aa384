"""Server-sent events, read from bytes as they come, wherever those are cut.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.6.
"""

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Event:
    """One event; its name is empty where the stream gives none."""

    name: str
    data: str = field(repr=False)


def events(chunks: Iterable[bytes]) -> Iterator[Event]:
    """Read events; one without data is none, and what follows the last empty line is not one yet.

    >>> [each.data for each in events([b"data: a\\r", b"\\ndata: b\\n\\n: beat\\n\\ndata: cut"])]
    ['a\\nb']

    Raises:
        UnicodeDecodeError: the bytes are not UTF-8, or end in the middle of a character.
    """
    name, data = "", list[str]()
    for line in _lines(chunks):
        if not line:
            if data:
                yield Event(name, "\n".join(data))
            name, data = "", []
            continue
        key, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if key == "data":
            data.append(value)
        elif key == "event":
            name = value


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Divide text at CR, LF or both; a CR at the end of a chunk may be half of a line's end."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    rest = ""
    for chunk in chunks:
        rest += decoder.decode(chunk)
        whole = len(rest) - rest.endswith("\r")
        text, kept = rest[:whole], rest[whole:]
        *lines, rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        yield from lines
        rest += kept
    decoder.decode(b"", final=True)
    *lines, _ = rest.replace("\r", "\n").split("\n")
    yield from lines
