"""The gateway's own flow over fakes on a virtual clock: what the simulator must foretell, without noise."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from heapq import heappop, heappush
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from gateway.domain import body
from gateway.domain.job import Job
from gateway.errors import RateLimited
from gateway.flow import accept, attempt, chain, deliver, front
from gateway.flow.front import Caller
from gateway.flow.outcome import Outcome
from gateway.flow.pump import pump
from gateway.flow.settle import settle
from gateway.plan import Limits, Plan, Target
from gateway.protocols.http import HttpRequest, HttpResponse, HttpStream
from sluice.sandbox.limit import Limit
from sluice.sandbox.limit import Limits as RealLimits
from sluice.simulate import Traffic, simulate
from sluice.simulate.arrivals import SECOND
from sluice.simulate.engine import SUBMIT_US
from tests.builders import a_png, answer, make_ports
from tests.simulate import world

BEGUN_S = 1000.0
USUAL_S = 6.5
# A bell takes a moment, so what is whole seconds away is not more than that by an error of floats.
HAIR_S = 1e-6
PNG = a_png()


@dataclass(order=True)
class Event:
    """Something that happens at an instant; equal instants go in the order in which they were foreseen."""

    at: float
    number: int
    happen: Callable[[], None] = field(compare=False)


@dataclass(order=True, frozen=True)
class Start:
    """A call that reached a provider."""

    provider: str
    tenant: str
    served: bool
    at_s: float


class Providers:
    """Providers that are asked for their results; some are down for a while, some take less than agreed."""

    def __init__(self, traffic: Traffic, now: Callable[[], float]) -> None:
        self._down, self._now = traffic.down, now
        self._real, self._done_at = RealLimits(), dict[str, float]()
        for name, rpm in traffic.real.items():
            self._real.set(name, Limit(rpm))
        self.failing = 0

    def trouble(self, provider: str) -> int:
        """Return the status with which a call that starts now fails, or 0."""
        now_s = self._now() - BEGUN_S
        if self._real.wait_s(provider, self._now()) > 0:
            return 429
        self._real.count(provider, self._now())
        down = any(each.provider == provider and each.from_s <= now_s < each.to_s for each in self._down)
        return 500 if down else 0

    def send(self, sent: HttpRequest, deadline_s: float) -> HttpResponse:
        """Start a job, fail to, or tell how it stands."""
        if sent.method == "POST" and self.failing:
            return answer({"detail": "no"}, self.failing)
        if sent.method == "POST":
            url = f"{sent.url}/{len(self._done_at)}"
            self._done_at[url] = self._now() + USUAL_S
            urls = {"status_url": f"{url}/status", "response_url": url, "cancel_url": url}
            return answer({"request_id": url, **urls})
        if sent.url.endswith("/status"):
            done = self._now() >= self._done_at[sent.url.removesuffix("/status")] - 1e-6
            return answer({"status": "COMPLETED" if done else "IN_PROGRESS"})
        return answer({"images": [{"url": "https://files.example.com/out.png"}]})

    @contextmanager
    def stream(self, sent: HttpRequest, deadline_s: float) -> Iterator[HttpStream]:
        """Bring the file."""
        yield HttpStream(200, {}, iter((PNG,)))


class Stage:
    """The API, the workflow, the bells and the pumps as a loop of events, each a call of the flow."""

    def __init__(self, plan: Plan, traffic: Traffic) -> None:
        self._now, self._events, self._number, self._tier = BEGUN_S, list[Event](), 0, traffic.tier
        self._wire = Providers(traffic, lambda: self._now)
        self._ports = replace(
            make_ports({}, plan),
            wire=self._wire,
            bell=self,
            tokens=self,
            now=lambda: self._now,
            random=lambda count: self._number.to_bytes(count),
        )
        self.starts: list[Start] = []
        self.refused: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()

    def run(self, arrivals: list[tuple[float, str]]) -> None:
        """Let jobs of tenants arrive, and everything come to its end."""
        for at_s, tenant in arrivals:
            self._foresee(BEGUN_S + at_s, partial(self._arrive, tenant))
        while self._events:
            event = heappop(self._events)
            self._now = event.at
            event.happen()

    def ring(self, pool: str, after_s: float = 0) -> None:
        """Wake a pump."""
        self._foresee(self._now + after_s + HAIR_S, lambda: pump(self._ports, pool) and None)

    def succeed(self, token: str, outcome: dict[str, Any]) -> None:
        """Let a job go on that waited in a queue."""
        tenant, _, name = token.partition("|")
        job = self._job(tenant, name)
        onward = {"go": self._begin, "again": self._route, "end": self._end}[outcome["outcome"]]
        self._foresee(self._now, partial(onward, job))

    def _arrive(self, tenant: str) -> None:
        caller = Caller(tenant, f"key_{tenant}", self._tier, ("submit",))
        try:
            front.admit(self._ports, caller)
            job = accept.accept(self._ports, caller, body.read({"prompt": "x"}, "picture"), "")
        except RateLimited as error:
            self.refused[error.code] += 1
        else:
            self._route(job)

    def _route(self, job: Job) -> None:
        moved = chain.advance(self._ports, job)
        if isinstance(moved, chain.Go):
            self._begin(moved.job)
        elif isinstance(moved, chain.Wait):
            chain.enter_queue(self._ports, moved.job, moved.hop, f"{job.tenant}|{job.id}")
        else:
            self._end(moved.job)

    def _begin(self, job: Job) -> None:
        self._foresee(max(self._now, job.attempt.slot_at), partial(self._start, job))

    def _start(self, job: Job) -> None:
        """Start a call; one that will fail is only told so a moment later."""
        trouble = self._wire.trouble(job.attempt.provider)
        at_s = self._now - BEGUN_S
        self.starts.append(Start(job.attempt.provider, job.tenant, not trouble, at_s))
        if trouble:
            self._foresee(self._now + SUBMIT_US / SECOND, partial(self._send, job, trouble))
        else:
            self._send(job, 0)

    def _send(self, job: Job, trouble: int) -> None:
        self._wire.failing = trouble
        self._go_on(attempt.start(self._ports, self._job(job.tenant, job.id), job.attempt.n))

    def _check(self, job: Job) -> None:
        self._go_on(attempt.check(self._ports, self._job(job.tenant, job.id), job.attempt.n))

    def _go_on(self, outcome: Outcome) -> None:
        job = outcome.job
        if outcome.word == "pending":
            after_s = int(outcome.payload()["after_s"])
            self._foresee(self._now + after_s, partial(self._check, job))
        elif outcome.word == "done":
            self._go_on(deliver.from_links(self._ports, job, job.attempt))
        elif outcome.word == "next":
            self._route(job)
        else:
            self._end(job)

    def _end(self, job: Job) -> None:
        self.ended[settle(self._ports, job).status] += 1

    def _job(self, tenant: str, name: str) -> Job:
        job = self._ports.jobs.get(tenant, name)
        assert job is not None
        return job

    def _foresee(self, at: float, happen: Callable[[], None]) -> None:
        self._number += 1
        heappush(self._events, Event(at, self._number, happen))


def staged(policy: str, limits: dict[str, Limits], tiers: str) -> Plan:
    """Make a plan for ``picture`` with a target at each of these providers, all of them played after fal."""
    plan = world.one_model(policy, world.FAL, tiers=tiers, usual_s=USUAL_S)
    fal, model, route = plan.providers["fal"], plan.models[world.FAL], plan.routes["picture"]
    return replace(
        plan,
        providers={
            name: replace(fal, name=name, base_urls={"global": f"https://{name}.example.com"}, limits=each)
            for name, each in limits.items()
        },
        models={f"{name}/m": replace(model, id="m", provider=name) for name in limits},
        routes={"picture": replace(route, targets=tuple(Target(name, "m") for name in limits))},
    )


def compare(
    policy: str, pools: Sequence[Limits], arrivals_ms: Sequence[int], traffic: Traffic, tiers: str = "{}"
) -> None:
    """Run jobs of two tenants through the flow and through the simulator, and see that it comes to the same.

    The instants are made to differ by some microseconds each, because nobody decides who is first in a tie.
    """
    plan = staged(policy, {f"p{index}": each for index, each in enumerate(pools)}, tiers)
    rows = [(at / 1000 + 17e-6 * n, "aab"[n % 3]) for n, at in enumerate(sorted(arrivals_ms))]
    stage = Stage(plan, traffic)

    stage.run(rows)
    with TemporaryDirectory() as folder:
        path = Path(folder, "arrivals.csv")
        path.write_text("at_s,tenant\n" + "".join(f"{at_s:.6f},{tenant}\n" for at_s, tenant in rows))
        told = simulate(plan, replace(traffic, shape="csv", csv=path, models={"picture": 1}), record=True)

    starts = [Start(s.pool.partition("/")[0], told.tenants[s.tenant], s.served, s.at_s) for s in told.log]
    assert [replace(start, at_s=0) for start in sorted(starts)] == [
        replace(start, at_s=0) for start in sorted(stage.starts)
    ]
    assert [start.at_s for start in sorted(starts)] == pytest.approx(
        [start.at_s for start in sorted(stage.starts)], abs=1e-3
    )
    assert told.refused == stage.refused
    assert {"succeeded": told.succeeded, "failed": told.failed, "expired": told.expired} == {
        status: stage.ended[status] for status in ("succeeded", "failed", "expired")
    }
