"""AWS event streams, read from bytes as they come: messages with headers and two check sums each.

A message is 4 bytes for its length, 4 for that of its headers, 4 of CRC-32 over those eight; headers; data;
4 of CRC-32 over all before. A header is a byte for its name's length, the name, a byte for its type, a value.

Source: https://smithy.io/2.0/aws/amazon-eventstream.html; botocore 1.44.5, ``eventstream.py``, 2026-11-25.
"""

import struct
from collections.abc import Iterable, Iterator
from zlib import crc32

import msgspec

from gateway.protocols.sse import Event

_PRELUDE = struct.Struct(">III")
_MOST_BYTES = 24 * 1024 * 1024
_TEXT = 7
_BYTES = 6
# Type of a header -> the bytes of its value; texts and bytes tell their length themselves.
_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}


def events(chunks: Iterable[bytes]) -> Iterator[Event]:
    """Read events; the name of an exception is its type, and an error's is its code.

    Raises:
        ValueError: a check sum is wrong, or the stream ends in the middle of a message.
    """
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= _PRELUDE.size:
            size = _length(held)
            if len(held) < size:
                break
            yield _event(bytes(held[:size]))
            del held[:size]
    if held:
        raise ValueError("the stream ended in the middle of a message")


def _length(held: bytearray) -> int:
    size, headers, check = _PRELUDE.unpack_from(held)
    if crc32(held[:8]) != check:
        raise ValueError("the check sum of a message's beginning is wrong")
    if not _PRELUDE.size + headers + 4 <= size <= _MOST_BYTES:
        raise ValueError(f"a message of {size} bytes cannot be")
    return int(size)


def _event(message: bytes) -> Event:
    _, length, _ = _PRELUDE.unpack_from(message)
    if crc32(message[:-4]) != int.from_bytes(message[-4:]):
        raise ValueError("the check sum of a message is wrong")
    headers = dict(_headers(message[_PRELUDE.size : _PRELUDE.size + length]))
    data = message[_PRELUDE.size + length : -4].decode()
    if headers.get(":message-type") == "error":
        told = {"message": headers.get(":error-message", "")}
        return Event(f"{headers.get(':error-code', '')}Exception", msgspec.json.encode(told).decode())
    return Event(headers.get(":exception-type") or headers.get(":event-type", ""), data)


def _headers(data: bytes) -> Iterator[tuple[str, str]]:
    """Read the headers that are texts, and pass over the others."""
    at = 0
    while at < len(data):
        end = at + 1 + data[at]
        name, kind = data[at + 1 : end].decode(), data[end]
        if kind in (_TEXT, _BYTES):
            start = end + 3
            at = start + int.from_bytes(data[end + 1 : start])
            if kind == _TEXT:
                yield name, data[start:at].decode()
        else:
            at = end + 1 + _SIZES[kind]
