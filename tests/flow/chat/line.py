"""A line to providers that speak piece by piece, and calls over it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.domain.chat import Asked, read_chat
from gateway.domain.job import Job
from gateway.domain.outcome import Failure
from gateway.flow.chat import answer, entry
from gateway.flow.chat.discreet import discreet
from gateway.flow.ports import Ports
from gateway.protocols.http import HttpRequest, HttpResponse, HttpStream
from tests.builders import CALLER, make_ports

FIREWORKS, OPENROUTER, GROQ = "fireworks.ai", "openrouter.ai", "groq.com"
HI = [{"role": "user", "content": "How many waves are there?"}]
USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
LIFE_S = 200


@dataclass(frozen=True)
class Said:
    """A stream: its pieces, each after a pause, and how it ends: well, or by an error."""

    pieces: tuple[bytes, ...]
    end: Exception | None = None
    pause_s: float = 0
    status: int = 200
    kind: str = "text/event-stream"


@dataclass
class Line:
    """Answers by host, in order, the last for ever; tells what was asked and what is still open."""

    script: dict[str, list[HttpResponse | Failure | Said]]
    sent: list[HttpRequest] = field(default_factory=list)
    open: int = 0
    clock: Any = None

    def send(self, request: HttpRequest, deadline_s: float) -> Any:
        """Answer in one piece."""
        self.sent.append(request)
        answers = next(answers for host, answers in self.script.items() if host in request.url)
        return answers.pop(0) if len(answers) > 1 else answers[0]

    @contextmanager
    def stream(self, request: HttpRequest, deadline_s: float) -> Iterator[HttpStream]:
        """Answer in several."""
        said = self.send(request, deadline_s)
        if isinstance(said, HttpResponse):
            said = Said((said.body,), status=said.status, kind="application/json")
        self.open += 1
        try:
            yield HttpStream(said.status, {"content-type": said.kind}, self._pieces(said))
        finally:
            self.open -= 1

    def _pieces(self, said: Said) -> Iterator[bytes]:
        for piece in said.pieces:
            self.clock.sleep(said.pause_s)
            yield piece
        if said.end:
            raise said.end


class Counted:
    """A port that notes what it is asked."""

    def __init__(self, port: Any, name: str, calls: list[str]) -> None:
        self._port, self._name, self._calls = port, name, calls

    def __getattr__(self, name: str) -> Any:
        def call(*given: Any, **named: Any) -> Any:
            self._calls.append(f"{self._name}.{name}")
            return getattr(self._port, name)(*given, **named)

        return call


def counted(ports: Ports, *names: str) -> tuple[Ports, list[str]]:
    """Note every call of these ports."""
    calls: list[str] = []
    return replace(ports, **{name: Counted(getattr(ports, name), name, calls) for name in names}), calls


def event(**chunk: Any) -> bytes:
    """Write an event."""
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()


def delta(content: str = "", finish: str | None = None, **more: Any) -> bytes:
    """Write a chunk of words."""
    said = {"content": content, **more} if content or more else {}
    return event(choices=[{"index": 0, "delta": said, "finish_reason": finish}])


ROLE = delta(role="assistant")
DONE = b"data: [DONE]\n\n"
WHOLE = Said(
    (ROLE, delta("twelve "), delta("wäves"), delta(finish="stop"), event(choices=[], usage=USAGE), DONE)
)


def on(script: dict[str, list[HttpResponse | Failure | Said]]) -> tuple[Ports, Line]:
    """Make ports over a line."""
    line = Line(script)
    ports = make_ports({})
    line.clock = ports.now.__self__  # type: ignore[attr-defined]
    return discreet(replace(ports, wire=line)), line


def asked(**body: Any) -> Asked:
    """Read a call."""
    return read_chat({"model": "meta/llama-3.3-70b-instruct", "messages": HI, **body})


def taken_in(ports: Ports, **body: Any) -> Job:
    """Take a call in."""
    return entry.take_in(ports, CALLER, asked(**body))[0]


def whole(ports: Ports, **body: Any) -> answer.Whole:
    """Have a chat in one piece."""
    return answer.whole(ports, taken_in(ports, **body), asked(**body), ports.now() + LIFE_S)


def begin(ports: Ports, **body: Any) -> Iterator[dict[str, Any] | None]:
    """Begin a stream; what comes of it."""
    body["stream"] = True
    job, talk = answer.begin(ports, taken_in(ports, **body), ports.now() + LIFE_S)
    return answer.stream(ports, job, talk, asked(**body))


def text_of(told: list[dict[str, Any] | None]) -> str:
    """Join what was said."""
    choices = [choice for each in told if each for choice in each.get("choices", ())]
    return "".join(choice["delta"].get("content", "") for choice in choices)


def stored(ports: Ports) -> Job:
    """Return the only job, as it is stored."""
    (job,) = ports.jobs.jobs.items.values()  # type: ignore[attr-defined]
    found: Job = job
    return found
