"""What the tool says when it cannot go on. One class: the reader is always the person at the terminal."""

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
