"""A clock for tests."""

from dataclasses import dataclass

START = 1_790_000_000.0


@dataclass
class Clock:
    """A clock that moves only when somebody sleeps or a test moves it."""

    at: float = START

    def now(self) -> float:
        """Return the instant."""
        return self.at

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.at += seconds
