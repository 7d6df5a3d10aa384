"""AWS event streams, written: a message with its headers and two check sums.

Source: https://smithy.io/2.0/aws/amazon-eventstream.html, read 2026-11-25.
"""

import json
import struct
from zlib import crc32

TEXT = 7


def message(kind: str, value: object, *, exception: bool = False) -> bytes:
    """Write an event, or an exception, with a JSON payload."""
    what = "exception" if exception else "event"
    headers = {f":{what}-type": kind, ":content-type": "application/json", ":message-type": what}
    return framed(texts(headers), json.dumps(value).encode())


def texts(headers: dict[str, str]) -> bytes:
    """Write headers that are texts."""
    return b"".join(
        bytes([len(name)]) + name.encode() + struct.pack(">BH", TEXT, len(value.encode())) + value.encode()
        for name, value in headers.items()
    )


def framed(head: bytes, payload: bytes) -> bytes:
    """Write a message with its headers."""
    prelude = struct.pack(">II", 12 + len(head) + len(payload) + 4, len(head))
    rest = prelude + struct.pack(">I", crc32(prelude)) + head + payload
    return rest + struct.pack(">I", crc32(rest))
