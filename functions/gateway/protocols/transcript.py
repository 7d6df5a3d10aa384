"""A provider's transcript, read by the paths of its entry into our own form."""

from collections.abc import Mapping
from typing import Any

from gateway import wire
from gateway.domain import transcript
from gateway.domain.transcript import Passage, Transcript
from gateway.protocols import mapping
from gateway.wire import Output, Passages


def written(output: Output, body: Any, headers: Mapping[str, str], form: str) -> bytes | None:
    """Write the transcript that an answer holds in the form that was asked for; nothing where it holds none.

    Args:
        form: one of ``transcript.FORMATS``.
    """
    text = mapping.first(body, output.path, headers)
    if not isinstance(text, str):
        return None
    paths = output.transcript or wire.Transcript()
    found = Transcript(
        text.strip(),
        mapping.text(mapping.first(body, paths.language, headers)),
        _seconds(mapping.first(body, paths.duration, headers)),
        tuple(_passages(paths.segments, body, paths.per_second)),
        tuple(_passages(paths.words, body, paths.per_second)),
    )
    return (transcript.FORMATS[form](found) + "\n").encode()


def _seconds(value: Any, per_second: float = 1) -> float | None:
    """Read a time, to the millisecond."""
    count = mapping.number(value)
    return None if count is None else round(count / per_second, 3)


def _passages(paths: Passages | None, body: Any, per_second: float) -> list[Passage]:
    """Read words or segments; what has no time, or is nothing but space, is left out."""
    if paths is None:
        return []
    found = []
    for item in mapping.get(body, paths.items):
        said = mapping.text(mapping.first(item, paths.text)).strip()
        start, end = (_seconds(mapping.first(item, path), per_second) for path in (paths.start, paths.end))
        if said and start is not None and end is not None:
            found.append(Passage(said, start, end, mapping.text(mapping.first(item, paths.speaker))))
    return found
