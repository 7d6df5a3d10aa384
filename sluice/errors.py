"""What the tool says when it cannot go on. One class: the reader is always the person at the terminal."""

from collections.abc import Iterable
from pathlib import Path


class Refused(Exception):
    """Say what is wrong and the way out; shown without a traceback, exit code 1.

    Args:
        log: a file whose last lines say more.
    """

    def __init__(self, message: str, *, log: Path | None = None) -> None:
        super().__init__(message)
        self.log = log


def tail(log: Path, lines: int = 20) -> str:
    """Return the last lines of a log, or nothing where there is none."""
    if not log.is_file():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Say that there is no such thing, what may be meant and what there is.

    >>> unknown("provider", "gogle", ["fal", "google"])
    "unknown provider 'gogle'. Did you mean 'google'? Known: fal, google."
    """
    import difflib  # only a mistake pays for it

    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=2, cutoff=0.5)
    hint = f"Did you mean {' or '.join(map(repr, near))}?" if near else ""
    every = (
        f"Known: {', '.join(names)}."
        if len(names) <= 10
        else f"`sluice models --all` lists all {len(names)}."
    )
    return " ".join(filter(None, (f"unknown {kind} {name!r}.", hint, every)))
