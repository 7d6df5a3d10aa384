"""What the simulator needs of a plan: for every model asked for, its legs with pool, time and list price."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.domain import order, pricing, request, routing
from gateway.domain.job import Hop
from gateway.plan import Parameter, Plan, Route
from sluice.errors import Refused
from sluice.simulate.arrivals import SECOND, Traffic
from sluice.simulate.pool import Pool

_PROMPT = (
    "A lighthouse in a storm at night, waves breaking over the rocks, seen from a boat that is turning home."
)
_SAMPLES: dict[str, Any] = {
    "string": _PROMPT,
    "integer": 1,
    "number": 1,
    "boolean": False,
    "array": [],
    "object": {},
    "image": "https://example.com/in.png",
    "video": "https://example.com/in.mp4",
    "audio": "https://example.com/in.mp3",
}


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


def first_model(plan: Plan) -> str:
    """Return the first model of ``routes.yaml``, or of the plan where that file names none."""
    named = (name for name in plan.routes if name not in plan.models)
    name = next(named, None) or next(iter(plan.routes), None)
    if name is None:
        raise Refused("these files offer no model. Add one to routes.yaml.")
    return name


def pools_of(plan: Plan, traffic: Traffic, bin_us: int) -> dict[tuple[str, str], Pool]:
    """Make a pool of every provider and region.

    Raises:
        Refused: a fault names a provider that is not there.
    """
    for down in traffic.down:
        if down.provider not in plan.providers:
            raise Refused(f"--down: {_unknown('provider', down.provider, plan.providers)}")
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
    route = plan.routes.get(name)
    if route is None:
        raise Refused(f"--model: {_unknown('model', name, plan.routes)}")
    asked, operation = _request(plan, route, parameters)
    able, skipped = routing.eligible(
        plan, asked, operation, routing.hops_of(plan, route, asked.fallback, asked.region)
    )
    if not able:
        reasons = "; ".join(f"{skip.provider}/{skip.model} {skip.reason}" for skip in skipped)
        raise Refused(f"no target of {name!r} can serve a plain request: {reasons}.")
    legs = [_leg(plan, hop, asked, operation, pools) for hop in able]

    def draw(job_id: str, customer: str) -> tuple[Leg, ...]:
        chain = order.arranged(plan, asked, operation, able, job_id=job_id, customer=customer)
        return tuple(legs[able.index(hop)] for hop in chain)

    drawn = any(plan.routes[hop.route].order in ("weighted", "sticky") for hop in able)
    return Course(
        name,
        route.overflow,
        round(route.max_wait_s * SECOND),
        round(route.deadline_s * SECOND),
        "transient" in route.on,
        draw("", ""),
        draw if drawn else None,
    )


def _request(plan: Plan, route: Route, parameters: Mapping[str, Any]) -> tuple[request.Request, str]:
    """Make a request with the least that some target of the route takes."""
    models = [plan.model_of(target) for target in route.targets]
    operation = request.operation_of(models, route.operations, {"prompt": _PROMPT, **parameters})
    known = request.parameters_of(next(m for m in models if operation in m.offers), operation)
    sample = {name: _sample(each) for name, each in known.items() if each.required}
    return request.Request(route.name, {**sample, **parameters}, operation), operation


def _sample(parameter: Parameter) -> Any:
    if parameter.enum:
        return parameter.enum[0]
    if parameter.minimum is not None:
        return int(parameter.minimum) if parameter.type == "integer" else parameter.minimum
    value = _SAMPLES.get(parameter.type, _PROMPT)
    return value[: parameter.max_length] if parameter.type == "string" else value


def _leg(
    plan: Plan,
    hop: Hop,
    asked: request.Request,
    operation: str,
    pools: Mapping[tuple[str, str], Pool],
) -> Leg:
    model = plan.models[f"{hop.provider}/{hop.model}"]
    arguments = request.fit(model, operation, asked.parameters, hop.parameters).arguments
    return Leg(
        f"{hop.provider}/{hop.model}",
        pools[hop.provider, hop.region],
        max(1, round(model.usual_s * SECOND)),
        pricing.estimate(model, arguments),
    )


def _unknown(kind: str, name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=2, cutoff=0.5)
    hint = f"Did you mean {' or '.join(map(repr, near))}?" if near else ""
    every = (
        f"Known: {', '.join(names)}."
        if len(names) <= 10
        else f"`sluice models --all` lists all {len(names)}."
    )
    return " ".join(filter(None, (f"unknown {kind} {name!r}.", hint, every)))
