"""Small courses, jobs as the API shows them, and a stack that lives in memory."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from sluice.drill.course import Course, Order, Phase
from sluice.drill.result import Caller, Result, Window
from sluice.drill.run import Run, Tell
from sluice.drill.sandbox import Sandbox

T0 = 1_800_000_000.0
CHAIN = (("google", "veo"), ("fal", "fal-ai/veo"), ("kling", "v3"))
DOWN = {"kind": "status", "status": 503}


def course(*phases: Phase, chain: tuple[tuple[str, str], ...] = CHAIN[:2], rpm: float = 60) -> Course:
    """Make a course; without phases it is calm, google down, google back."""
    default = (Phase("calm", 10), Phase("google down", 10, ("google",)), Phase("google back", 10))
    order = Order(phase_s=10, rpm=rpm, fault=DOWN)
    return Course(order, "veo-3.1", {"prompt": "x"}, chain, phases or default, patience_s=60)


def result(
    *callers: Caller, of: Course | None = None, billed: tuple[tuple[str, float], ...] = (), cut: bool = False
) -> Result:
    """Make a result whose phases followed each other without a gap."""
    taken, windows, at = of or course(), [], T0
    for phase in taken.phases:
        windows.append(Window(phase, at, at + phase.seconds))
        at += phase.seconds
    return Result(taken, tuple(windows), callers, billed, cut)


def caller(at: float, *way: str, phase: int = 0, took_s: float = 2.0, usd: str | None = "0.50") -> Caller:
    """Make a caller whose job went a way: ``-google`` failed, ``(google)`` was passed over, ``fal`` served.

    Each attempt starts 0.1 s after the one before it, and a failed one fails within that.
    """
    models = dict(CHAIN)
    names = [word.lstrip("-") for word in way if not word.startswith("(")]
    failed = [word.startswith("-") for word in way if not word.startswith("(")]
    good = not failed[-1]
    attempts = [
        {
            "provider": name,
            "model": models[name],
            "status": "failed" if broke else "succeeded",
            "started_at": time(at + 0.1 * (n + 1)),
            "finished_at": time(at + (0.1 * (n + 1) + 0.05 if broke else took_s)),
        }
        for n, (name, broke) in enumerate(zip(names, failed, strict=True))
    ]
    skipped = [{"provider": w[1:-1], "model": models[w[1:-1]], "reason": "."} for w in way if w[0] == "("]
    job = {
        "id": f"gw_{at}",
        "status": "succeeded" if good else "failed",
        "created_at": time(at),
        "finished_at": time(at + took_s),
        "attempts": attempts,
        "skipped": skipped,
        "cost": {"usd": usd if good else "0.000000"},
        "error": None if good else {"code": "all_targets_failed"},
    }
    return Caller(at, phase, 202, job)


def time(at: float) -> str:
    """Write an instant as the API does."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Stack:
    """A gateway and a sandbox that keep everything in memory: a job goes to the first provider that is whole.

    Args:
        said: what the sandbox was told, in order.
        slow: jobs do not end while it is set.
        door: what every request for a job is answered, if not a job.
        deaf: methods that the sandbox does not answer.
    """

    providers: tuple[str, ...] = ("google", "fal")
    faults: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    jobs: dict[str, Any] = field(default_factory=dict)
    billed: list[dict[str, Any]] = field(default_factory=list)
    slow: bool = False
    door: httpx.Response | None = None
    deaf: tuple[str, ...] = ()

    def run(self, of: Course, tell: Tell = lambda what, callers: None) -> Run:
        """Make a drill of this stack."""
        http = httpx.Client(base_url="http://stack", transport=httpx.MockTransport(self._answer))
        return Run(of, http, self.sandbox(), tell)

    def sandbox(self) -> Sandbox:
        """Return a hand on its controls."""
        return Sandbox(httpx.Client(transport=httpx.MockTransport(self._control)), "http://sandbox")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and self.door:
            return self.door
        if request.method == "POST":
            whole = [name for name in self.providers if name not in self.faults]
            job_id = f"gw_{len(self.jobs)}"
            self.jobs[job_id] = caller(T0, whole[0] if whole else f"-{self.providers[-1]}").job
            return httpx.Response(202, json={"id": job_id, "status": "queued", "cost": {"usd": "0"}})
        job_id = request.url.path.rpartition("/")[2]
        status = {"status": "running"} if self.slow else {}
        return httpx.Response(200, json={**self.jobs[job_id], "id": job_id, **status})

    def _control(self, request: httpx.Request) -> httpx.Response:
        if request.method in self.deaf:
            raise httpx.ConnectError("nobody there")
        what, _, provider = request.url.path.removeprefix("/_sandbox/").partition("/")
        if what == "health":
            return httpx.Response(200, json={"providers": list(self.providers)})
        if what == "requests":
            return httpx.Response(200, json={"requests": self.billed})
        if request.method == "PUT":
            self.faults[provider] = json.loads(request.content)
        if request.method == "DELETE":
            self.faults.pop(provider, None)
        if request.method != "GET":
            self.said.append(f"{request.method} {provider}")
        return httpx.Response(200, json={"provider": provider, "fault": self.faults.get(provider)})
