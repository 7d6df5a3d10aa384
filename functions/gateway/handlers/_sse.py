"""Server-sent events as bytes. Source: https://html.spec.whatwg.org/multipage/server-sent-events.html."""

from typing import Any

import msgspec

# A comment: it keeps connections open, and clients do not see it.
BEAT = b":\n\n"
# What OpenAI's clients know the end of a stream by.
DONE = b"data: [DONE]\n\n"


def event(id: str, name: str, data: Any) -> bytes:
    """Write an event whose data is JSON, which has no line of its own to escape.

    >>> event("3", "job.running", {"n": 1})
    b'id: 3\\nevent: job.running\\ndata: {"n":1}\\n\\n'
    """
    return f"id: {id}\nevent: {name}\ndata: {msgspec.json.encode(data).decode()}\n\n".encode()


def data(document: Any) -> bytes:
    """Write an event that is nothing but its data.

    >>> data({"n": 1})
    b'data: {"n":1}\\n\\n'
    """
    return b"data: %b\n\n" % msgspec.json.encode(document)


def retry(after_ms: int) -> bytes:
    """Tell a client how long to wait before it connects again.

    >>> retry(2000)
    b'retry: 2000\\n\\n'
    """
    return f"retry: {after_ms}\n\n".encode()
