"""OpenAI's embeddings, and all who speak like it.

Source: openai 3.54.0 (Python), ``types/create_embedding_response.py``, read 2026-11-25.
"""

import base64
import struct
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.protocols.chat.broken import Broken
from gateway.protocols.sse import Event


def body(request: Mapping[str, Any], endpoint: str, *, streamed: bool) -> dict[str, Any]:
    """Write the request; there are no streams of embeddings."""
    return {"model": endpoint, **request}


def completion(answer: Any) -> dict[str, Any]:
    """Read an answer: its vectors in their order, and its usage.

    Raises:
        ValueError, TypeError: it has no vectors, or one is none.
    """
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, list) or not data:
        raise ValueError("the answer has no data")
    for each in data:
        if not isinstance(each, dict) or not isinstance(each.get("embedding"), list | str):
            raise ValueError("an item of the answer has no embedding")
        _check(each["embedding"])
    return {"data": data, "usage": answer.get("usage")}


def _check(vector: list[float] | str) -> None:
    """Refuse a vector with holes: what is no number cannot be added, nor packed."""
    if isinstance(vector, list):
        sum(vector)
    elif len(base64.b64decode(vector, validate=True)) % 4:
        raise ValueError("an embedding is not made of 32-bit floats")


def chunks(events: Iterator[Event]) -> Iterator[dict[str, Any]]:
    """Refuse to read a stream, which nobody asks for."""
    raise Broken("malformed", "embeddings are not streamed")


def formed(data: list[dict[str, Any]], form: str) -> list[dict[str, Any]]:
    """Write vectors as the caller wants them: as numbers, or as base64 of 32-bit floats, little end first.

    >>> formed([{"embedding": [0.5, -2.0]}], "base64")
    [{'object': 'embedding', 'index': 0, 'embedding': 'AAAAPwAAAMA='}]
    """
    write = _packed if form == "base64" else _unpacked
    return [
        {"object": "embedding", "index": index, "embedding": write(each["embedding"])}
        for index, each in enumerate(data)
    ]


def _packed(vector: list[float] | str) -> str:
    if isinstance(vector, str):
        return vector
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _unpacked(vector: list[float] | str) -> list[float]:
    if isinstance(vector, list):
        return vector
    data = base64.b64decode(vector)
    return list(struct.unpack(f"<{len(data) // 4}f", data))
