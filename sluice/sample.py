"""A plain request of a model, for trying things out: the least that it needs, and the chain that it gets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain import order, request, routing
from gateway.domain.job import Hop
from gateway.plan import Parameter, Plan, Route
from sluice.errors import Refused, unknown

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


@dataclass(frozen=True, slots=True)
class Sample:
    """A request, and the targets that can carry it in the order in which the gateway would try them."""

    asked: request.Request
    operation: str
    chain: tuple[Hop, ...]


def named_models(plan: Plan) -> list[str]:
    """List the models of ``routes.yaml``, or all of the plan where that file names none."""
    return [name for name in plan.routes if name not in plan.models] or list(plan.routes)


def first_model(plan: Plan) -> str:
    """Return the first of the models.

    Raises:
        Refused: there is none.
    """
    named = named_models(plan)
    if not named:
        raise Refused("these files offer no model. Add one to routes.yaml.")
    return named[0]


def sample_of(plan: Plan, name: str, parameters: Mapping[str, Any]) -> Sample:
    """Make a plain request of a model.

    Args:
        parameters: given ones; required ones that are missing get a sample value.

    Raises:
        Refused: no such model, or no target that takes the request.
    """
    route = plan.routes.get(name)
    if route is None:
        raise Refused(f"--model: {unknown('model', name, plan.routes)}")
    asked, operation = _request(plan, route, parameters)
    able, skipped = routing.eligible(
        plan, asked, operation, routing.hops_of(plan, route, asked.fallback, asked.region)
    )
    if not able:
        reasons = "; ".join(f"{skip.provider}/{skip.model} {skip.reason}" for skip in skipped)
        raise Refused(f"no target of {name!r} can serve a plain request: {reasons}.")
    return Sample(asked, operation, order.arranged(plan, asked, operation, able))


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
