"""How the tool speaks: progress with times, tables on a terminal, JSON for programs."""

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol


class Report(Protocol):
    """Who is told how far a long piece of work has come."""

    def step(self, text: str) -> "Any":
        """Return a context manager around one step; its ``note`` replaces the text at the end."""

    def say(self, text: str) -> None:
        """Tell something between the steps."""


@dataclass(slots=True)
class Step:
    """One step under way."""

    text: str


class Quiet:
    """Tells nobody, for tests and programs."""

    @contextmanager
    def step(self, text: str) -> Iterator[Step]:
        """Run the step."""
        yield Step(text)

    def say(self, text: str) -> None:
        """Keep it."""


class Terminal:
    """A line a step on stderr: with a spinner on a terminal, plain elsewhere."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True, highlight=False)

    @contextmanager
    def step(self, text: str) -> Iterator[Step]:
        """Show the step while it runs, and how long it took."""
        step, begun = Step(text), time.monotonic()
        try:
            if self._console.is_terminal:
                with self._console.status(text):
                    yield step
            else:
                yield step
        except BaseException:
            self._line("✗", "red", step.text, begun)
            raise
        self._line("✓", "green", step.text, begun)

    def say(self, text: str) -> None:
        """Print one line."""
        self._console.print(text, markup=False)

    def _line(self, sign: str, colour: str, text: str, begun: float) -> None:
        from rich.text import Text

        seconds = f"{time.monotonic() - begun:5.1f} s"
        self._console.print(Text.assemble((sign, colour), " ", (seconds, "dim"), "  ", text))


def print_json(value: object) -> None:
    """Write one JSON document to stdout."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Write a table to stdout; columns parted by tabs where it is no terminal."""
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if not texts:
        print(empty, file=sys.stderr)
    elif sys.stdout.isatty():
        _print_pretty(columns, texts)
    else:
        print("\n".join("\t".join(row).replace("\n", "; ") for row in [list(columns), *texts]))


def _print_pretty(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*[Text(cell) for cell in row])
    Console().print(table)
