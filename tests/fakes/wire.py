"""The wires to providers and to strangers, and the keys for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from gateway.domain.address import Fetched, Posted, Unfetched
from gateway.domain.outcome import Failure
from gateway.protocols.http import HttpRequest, HttpResponse, HttpStream
from tests.fakes.clock import Clock

Answer = HttpResponse | Failure | Exception


@dataclass
class FakeSecrets:
    """Keys by name; sealing turns a text around and remembers its context."""

    named: dict[str, str] = field(default_factory=dict)
    contexts: list[dict[str, str]] = field(default_factory=list)

    def get(self, name: str) -> str:
        """Read a key."""
        return self.named.get(name, f"key of {name}")

    def seal(self, text: str, context: dict[str, str]) -> str:
        """Hide a text."""
        self.contexts.append(context)
        return text[::-1]

    def unseal(self, sealed: str, context: dict[str, str]) -> str:
        """Show it again, under the same context alone."""
        if context not in self.contexts:
            raise LookupError("another context")
        return sealed[::-1]


@dataclass
class FakeWire:
    """A provider that answers from a script: by ``METHOD path-part``, a list in order, its last for ever."""

    script: dict[str, list[Answer]]
    sent: list[HttpRequest] = field(default_factory=list)
    clock: Clock | None = None

    def send(self, request: HttpRequest, deadline_s: float) -> HttpResponse | Failure:
        """Answer the first rule that fits."""
        self.sent.append(request)
        answer = self._answer(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @contextmanager
    def stream(self, request: HttpRequest, deadline_s: float) -> Iterator[HttpStream]:
        """Open what ``send`` would have answered."""
        answer = self.send(request, deadline_s)
        if isinstance(answer, Failure):
            raise ConnectionError(answer.message)
        yield HttpStream(answer.status, answer.headers, iter((answer.body,)))

    def _answer(self, request: HttpRequest) -> Answer:
        for rule, answers in self.script.items():
            method, _, part = rule.partition(" ")
            if method == request.method and part in request.url:
                return answers.pop(0) if len(answers) > 1 else answers[0]
        raise AssertionError(f"nobody expected {request.method} {request.url}")


@dataclass
class FakeEgress:
    """Strangers by a script: what each message in turn is answered, its last for ever; files by URL."""

    answers: list[Posted] = field(default_factory=lambda: [Posted(204)])
    files: dict[str, Fetched | Unfetched] = field(default_factory=dict)
    posted: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)

    def post(self, url: str, headers: dict[str, str], body: bytes, deadline_s: float) -> Posted:
        """Keep a message, answer it by the script."""
        self.posted.append((url, headers, body))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def fetch(self, url: str, key: str, most_bytes: int, deadline_s: float) -> Fetched | Unfetched:
        """Hand out a file."""
        self.fetched.append(url)
        found = self.files.get(url, Unfetched("status_404"))
        return replace(found, key=key) if isinstance(found, Fetched) else found
