"""The list of models, narrowed to what a caller looks for and cut into pages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from gateway.domain import media, pricing, request
from gateway.errors import InvalidRequest
from gateway.plan import Model, Plan, Route

FILTERS = ("operation", "provider", "modality", "max_usd")
# What a call is taken to say and to ask for where the price goes by it and the model has no usual value.
USUAL_PROMPT = "x" * 1000
USUAL_S = 5
_LISTED = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a caller looks for; empty is anything.

    Args:
        max_micros: the most that a usual call may cost; what has no price is then left out.
    """

    operation: str = ""
    provider: str = ""
    modality: str = ""
    max_micros: int | None = None


def wanted(plan: Plan, query: Mapping[str, str], besides: Iterable[str] = ()) -> Wanted:
    """Read the filters of a query.

    Args:
        besides: what else the query may have.

    Raises:
        InvalidRequest: a filter or a value that nothing has.
    """
    if unknown := sorted(query.keys() - {*FILTERS, *besides}):
        known = ", ".join((*FILTERS, *besides))
        raise _wrong(unknown[0], f"is no filter of this list. Known: {known}.", code="unknown_parameter")
    return Wanted(
        _one_of(query, "operation", media.MODALITIES),
        _one_of(query, "provider", plan.providers),
        _one_of(query, "modality", dict.fromkeys(media.MODALITIES.values())),
        _micros(query["max_usd"]) if "max_usd" in query else None,
    )


def select(plan: Plan, wanted: Wanted) -> list[Route]:
    """Return the routes that are looked for: first those with names of their own, then each model's own."""
    routes = [route for route in plan.routes.values() if route.listed and _is(plan, route, wanted)]
    return sorted(routes, key=lambda route: route.name in plan.models)


def page(routes: list[Route], limit: int, after: str) -> tuple[list[Route], bool]:
    """Return at most ``limit`` routes behind the one named ``after``, and whether more follow.

    Raises:
        InvalidRequest: the list has no such route.
    """
    names = [route.name for route in routes]
    if after and after not in names:
        raise _wrong("after", f"{after[:100]!r} is not in this list; give the last id of the page before.")
    start = names.index(after) + 1 if after else 0
    return routes[start : start + limit], len(routes) > start + limit


def usual_micros(plan: Plan, route: Route) -> int | None:
    """Price a usual call at the cheapest of a route's targets; ``None`` where none has a price."""
    found = [_usual_micros(plan.model_of(target), route.operations) for target in route.targets]
    return min((micros for micros in found if micros is not None), default=None)


def _usual_micros(model: Model, operations: Iterable[str]) -> int | None:
    operation = next((each for each in operations if each in model.offers), "")
    known = request.parameters_of(model, operation)
    facts = {name: parameter.default for name, parameter in known.items() if parameter.default is not None}
    return pricing.estimate(model, {"prompt": USUAL_PROMPT, "duration": USUAL_S, **facts})


def _is(plan: Plan, route: Route, wanted: Wanted) -> bool:
    if wanted.operation and wanted.operation not in route.operations:
        return False
    if wanted.modality and wanted.modality not in {media.MODALITIES[each] for each in route.operations}:
        return False
    if wanted.provider and wanted.provider not in {target.provider for target in route.targets}:
        return False
    if wanted.max_micros is None:
        return True
    micros = usual_micros(plan, route)
    return micros is not None and micros <= wanted.max_micros


def _one_of(query: Mapping[str, str], name: str, known: Iterable[str]) -> str:
    value, names = query.get(name, ""), list(known)
    if name in query and value not in names:
        near = names if len(names) <= _LISTED else [*names[:_LISTED], "..."]
        raise _wrong(name, f"{value[:40]!r} is not known here. Known: {', '.join(near)}.")
    return value


def _micros(text: str) -> int:
    try:
        usd = Decimal(text)
    except InvalidOperation:
        usd = Decimal("nan")
    if not usd.is_finite() or not 0 <= usd < 1_000_000:
        raise _wrong("max_usd", f"must be an amount of US dollars such as 0.05, not {text[:20]!r}.")
    return int(usd * 1_000_000)


def _wrong(name: str, problem: str, code: str = "invalid_parameter") -> InvalidRequest:
    return InvalidRequest(f"{name}: {problem}", code=code, param=name)
