"""What the simulator needs of a plan: for every model asked for, its legs with pool, pace, time and price."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil, inf
from types import SimpleNamespace
from typing import cast

from gateway.domain import circuit, order, pacing, pricing, request
from gateway.domain.job import Hop, Job
from gateway.domain.pacing import Pace
from gateway.flow import pool as pools
from gateway.flow.ports import Ports
from gateway.plan import Plan, Tier
from sluice.errors import Refused, unknown
from sluice.sample import Sample, sample_of
from sluice.simulate.arrivals import SECOND, Traffic
from sluice.simulate.pool import NEAR_US, Pool, ticks_of


@dataclass(slots=True)
class Leg:
    """One target of a course, and how many jobs it served.

    Args:
        hop: the target as jobs have it; ``circuit`` is its circuit's name.
        pace_s: its pool's pace for this call, in seconds.
        at_once: the first call brings the result; else the provider is asked for it now and then.
        micros: list price of one job, or nothing where the model is unpriced.
        pace: the same pace in ticks.
        took_us, seen_us: how long the provider usually takes, and until the gateway sees that it is done.
    """

    hop: Hop
    pool: Pool
    pace_s: Pace
    usual_s: float
    at_once: bool = True
    micros: int | None = None
    served: int = 0
    circuit: str = field(init=False)
    pace: Pace = field(init=False)
    took_us: int = field(init=False)
    seen_us: int = field(init=False)

    def __post_init__(self) -> None:
        self.circuit = circuit.target_of(self.hop.provider, self.hop.model, self.hop.region)
        self.pace = ticks_of(self.pace_s)
        self.took_us = self.took(1)
        self.seen_us = self.seen(self.took_us)

    def took(self, share: float) -> int:
        """Return how long the provider takes when it takes this share of its usual time."""
        return max(1, round(self.usual_s * share * SECOND))

    def seen(self, took_us: int, left_us: float = inf) -> int:
        """Return after how long the gateway is through with a call of this length.

        That is at one of its looks: the first that finds the call done, or finds that its time is over.
        """
        if self.at_once:
            return took_us
        # A look is there when the time is over.
        last = ceil(left_us / SECOND) * SECOND if left_us < inf else inf
        looks, seen = 0, min(_pause_us(pacing.first_look_s(self.usual_s)), last)
        while seen < min(took_us, left_us):
            looks += 1
            seen = min(seen + _pause_us(pacing.next_look_s(self.usual_s, looks)), last)
        return int(seen)


@dataclass(frozen=True, slots=True)
class Course:
    """A model's chain and policy.

    Args:
        job: one of its jobs as the gateway knows it, without its times and attempts.
        draw: job and customer -> the legs in this job's order; nothing where all jobs have the same.
        near_us: how far ahead a slot may be for a job that would rather go elsewhere, or be sent away.
    """

    job: Job
    legs: tuple[Leg, ...]
    draw: Callable[[str, str], tuple[Leg, ...]] | None = None
    deadline_us: int = field(init=False)
    max_wait_us: int = field(init=False)
    near_us: int = field(init=False)

    def __post_init__(self) -> None:
        for name, value_s in (("deadline_us", self.job.deadline_at), ("max_wait_us", self.job.max_wait_s)):
            object.__setattr__(self, name, round(value_s * SECOND))
        object.__setattr__(self, "near_us", min(NEAR_US, self.max_wait_us))


class Pools:
    """The pools of a plan, each made when a course first needs it."""

    def __init__(self, plan: Plan, traffic: Traffic, bin_us: int) -> None:
        self._plan, self._traffic, self._bin_us = plan, traffic, bin_us
        self._made: dict[str, Pool] = {}
        named = [("--down", down.provider) for down in traffic.down] + [("--real", p) for p in traffic.real]
        for option, name in named:
            if name not in plan.providers:
                raise Refused(f"{option}: {unknown('provider', name, plan.providers)}")

    def of(self, job: Job, hop: Hop) -> Pool:
        """Return the pool of a hop of a job."""
        name = pools.name_of(_ports(self._plan), job, hop).replace("#ours#", "/").replace("#", "/")
        if name not in self._made:
            self._made[name] = self._make(name, hop)
        return self._made[name]

    def _make(self, name: str, hop: Hop) -> Pool:
        traffic = self._traffic
        return Pool(
            name,
            hop.provider,
            self._plan.limits_of(hop.provider, hop.model),
            bin_us=self._bin_us,
            down=tuple(
                (round(down.from_s * SECOND), round(down.to_s * SECOND))
                for down in traffic.down
                if down.provider == hop.provider
            ),
            real=traffic.real.get(hop.provider),
        )


def course_of(plan: Plan, name: str, traffic: Traffic, made: Pools) -> Course:
    """Lay out a model's chain as the gateway would for a plain request.

    Raises:
        Refused: no such model, or no target that takes the request.
    """
    sample = sample_of(plan, name, traffic.parameters)
    job = _job(plan, name, sample, plan.tiers.get(traffic.tier, Tier()))
    legs = [_leg(plan, hop, job, made.of(job, hop)) for hop in sample.chain]

    def draw(job_id: str, customer: str) -> tuple[Leg, ...]:
        chain = order.arranged(
            plan, sample.asked, sample.operation, sample.chain, job_id=job_id, customer=customer
        )
        return tuple(legs[sample.chain.index(hop)] for hop in chain)

    drawn = any(plan.routes[hop.route].order in ("weighted", "sticky") for hop in sample.chain)
    return Course(job, draw("", ""), draw if drawn else None)


def _job(plan: Plan, name: str, sample: Sample, tier: Tier) -> Job:
    route = plan.routes[name]
    return Job(
        id="",
        tenant="",
        key_id="",
        model=name,
        operation=sample.operation,
        input=sample.asked.parameters,
        chain=sample.chain,
        created_at=0,
        deadline_at=route.deadline_s,
        plan=plan.hash,
        on=route.on,
        overflow=tier.overflow or route.overflow,
        max_wait_s=route.max_wait_s if tier.max_wait_s is None else tier.max_wait_s,
        retention_days=route.retention_days,
    )


def _leg(plan: Plan, hop: Hop, job: Job, pool: Pool) -> Leg:
    model = plan.models[f"{hop.provider}/{hop.model}"]
    arguments = request.fit(model, job.operation, job.input, hop.parameters).arguments
    return Leg(
        hop,
        pool,
        pools.pace_of(_ports(plan), job, hop),
        model.usual_s,
        plan.providers[hop.provider].protocols[model.offers[job.operation].protocol].answers_at_once,
        pricing.estimate(model, arguments),
    )


def _ports(plan: Plan) -> Ports:
    """Make ports for what names and paces pools: it looks at nothing but the plan."""
    return cast(Ports, SimpleNamespace(plan=plan))


def _pause_us(pause_s: float) -> int:
    """Return a pause before a look as outcomes write it: in whole seconds, at least one."""
    return max(1, round(pause_s)) * SECOND
