"""The workflow, the tokens that it waits for, and the calls of providers that answer them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class FakeTokens:
    """Answers to waiting tasks, by token."""

    answered: dict[str, dict[str, Any]] = field(default_factory=dict)

    def succeed(self, token: str, outcome: dict[str, Any]) -> None:
        """Answer."""
        self.answered.setdefault(token, outcome)


@dataclass
class FakeCallbacks:
    """Attempts whose provider has called, and tasks that wait for such a call."""

    waiting: dict[str, str] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)

    def note(self, reference: str, now: float) -> str:
        """Note a call."""
        self.heard.add(reference)
        return self.waiting.get(reference, "")

    def keys(self, name: str, now: float, fetch: Callable[[], list[bytes]]) -> list[bytes]:
        """Fetch them each time."""
        return fetch()


@dataclass
class FakeWorkflow:
    """Remember what was handed over."""

    started: list[str] = field(default_factory=list)
    run: Callable[[str, str], None] | None = None

    def start(self, tenant: str, job_id: str) -> None:
        """Hand a job over."""
        if job_id not in self.started:
            self.started.append(job_id)

    def again(self, tenant: str, job_id: str) -> str:
        """Hand it over under the next name."""
        run = 2 + sum(name.startswith(f"{job_id}-") for name in self.started)
        self.started.append(f"{job_id}-{run}")
        return self.started[-1]
