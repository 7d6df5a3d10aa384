"""What the simulator needs of a plan: for every model asked for, its legs with pool, time and list price."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.domain import order, pricing, request
from gateway.domain.job import Hop
from gateway.plan import Plan
from sluice.errors import Refused, unknown
from sluice.sample import Sample, sample_of
from sluice.simulate.arrivals import SECOND, Traffic
from sluice.simulate.pool import Pool


@dataclass(slots=True)
class Leg:
    """One target of a course, and how many jobs it served.

    Args:
        micros: list price of one job, or nothing where the model is unpriced.
    """

    target: str
    pool: Pool
    service_us: int
    micros: int | None
    served: int = 0


@dataclass(frozen=True, slots=True)
class Course:
    """A model's chain and policy.

    Args:
        draw: job and customer -> the legs in this job's order; nothing where all jobs have the same.
    """

    name: str
    overflow: str
    max_wait_us: int
    deadline_us: int
    moves_on: bool
    legs: tuple[Leg, ...] = field(default=())
    draw: Callable[[str, str], tuple[Leg, ...]] | None = None


def pools_of(plan: Plan, traffic: Traffic, bin_us: int) -> dict[tuple[str, str], Pool]:
    """Make a pool of every provider and region.

    Raises:
        Refused: a fault names a provider that is not there.
    """
    for down in traffic.down:
        if down.provider not in plan.providers:
            raise Refused(f"--down: {unknown('provider', down.provider, plan.providers)}")
    return {
        (provider.name, region): Pool(
            f"{provider.name}/{region}",
            provider.name,
            provider.limits,
            tuple(
                (round(down.from_s * SECOND), round(down.to_s * SECOND))
                for down in traffic.down
                if down.provider == provider.name
            ),
            bin_us,
        )
        for provider in plan.providers.values()
        for region in provider.base_urls
    }


def course_of(
    plan: Plan, name: str, parameters: Mapping[str, Any], pools: Mapping[tuple[str, str], Pool]
) -> Course:
    """Lay out a model's chain as the gateway would for a plain request.

    Raises:
        Refused: no such model, or no target that takes the request.
    """
    sample, route = sample_of(plan, name, parameters), plan.routes[name]
    legs = [_leg(plan, hop, sample, pools) for hop in sample.chain]

    def draw(job_id: str, customer: str) -> tuple[Leg, ...]:
        chain = order.arranged(
            plan, sample.asked, sample.operation, sample.chain, job_id=job_id, customer=customer
        )
        return tuple(legs[sample.chain.index(hop)] for hop in chain)

    drawn = any(plan.routes[hop.route].order in ("weighted", "sticky") for hop in sample.chain)
    return Course(
        name,
        route.overflow,
        round(route.max_wait_s * SECOND),
        round(route.deadline_s * SECOND),
        "transient" in route.on,
        draw("", ""),
        draw if drawn else None,
    )


def _leg(plan: Plan, hop: Hop, sample: Sample, pools: Mapping[tuple[str, str], Pool]) -> Leg:
    model = plan.models[f"{hop.provider}/{hop.model}"]
    arguments = request.fit(model, sample.operation, sample.asked.parameters, hop.parameters).arguments
    return Leg(
        f"{hop.provider}/{hop.model}",
        pools[hop.provider, hop.region],
        max(1, round(model.usual_s * SECOND)),
        pricing.estimate(model, arguments),
    )
