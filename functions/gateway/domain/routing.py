"""Which targets may serve a request, in which order, and what a failure means for the rest of the chain."""

from collections.abc import Container, Iterable
from typing import Any

from gateway.domain import pricing, request, spelling
from gateway.domain.job import Hop, Job, Skip
from gateway.errors import InvalidRequest, NotFound
from gateway.plan import Plan, Route

# A job whose target has no capacity comes back after these pauses, where the provider names none; then it
# gives the target up. Together they outlast a provider's minute.
REFUSED_S = (2, 10, 30, 60)


def route_of(plan: Plan, name: str, param: str = "model") -> Route:
    """Find a route by its public name.

    Raises:
        NotFound: no such model; the message has the nearest names.
    """
    route = plan.routes.get(name)
    if route is None:
        near = _nearest(name, plan.routes)
        hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise NotFound(
            f"unknown model {name!r}.{hint} GET /v1/models lists all {len(plan.routes)}.",
            code="model_not_found",
            param=param,
        )
    return route


def hops_of(plan: Plan, route: Route, fallback: tuple[str, ...] | None, region: str) -> tuple[Hop, ...]:
    """Flatten a chain: the route's targets, then the targets of each fallback model, no hop twice.

    Where no region is named, a target is tried in each of its usual regions before the next target.
    A region that the caller or the route names holds for the whole chain, also where a provider lacks it:
    ``eligible`` then skips the target, because data that must stay somewhere must not leave it silently.
    """
    names = route.fallback if fallback is None else fallback
    routes = (route, *(route_of(plan, name, "fallback") for name in names))
    hops: dict[tuple[str, str, str], Hop] = {}
    for each in routes:
        named = region or route.region or each.region
        for target in each.targets:
            for where in (named,) if named else plan.usual_regions(plan.model_of(target)):
                hop = Hop(each.name, target.provider, target.model, where, target.parameters)
                hops.setdefault((hop.provider, hop.model, hop.region), hop)
    return tuple(hops.values())


def eligible(
    plan: Plan, asked: request.Request, operation: str, hops: Iterable[Hop]
) -> tuple[tuple[Hop, ...], tuple[Skip, ...]]:
    """Divide a chain into the targets that can carry this request and those that cannot, with the reason.

    A target that is skipped in all its regions for the same reason is told once. One that its provider has in
    the route for another operation, beside one for this, is not told at all.
    """
    hops = tuple(hops)
    serving = {(hop.route, hop.provider) for hop in hops if _serves(plan, hop, operation)}
    able: list[Hop] = []
    skipped: dict[Skip, None] = {}
    for hop in hops:
        if not _serves(plan, hop, operation) and (hop.route, hop.provider) in serving:
            continue
        reason = _unfit(plan, asked, operation, hop)
        if reason:
            skipped[Skip(hop.provider, hop.model, reason)] = None
        else:
            able.append(hop)
    return tuple(able), tuple(skipped)


def require(plan: Plan, route: Route, asked: request.Request, operation: str) -> None:
    """Check that the route's own targets can take the request: a fallback does not make a mistake right.

    Raises:
        InvalidRequest: a parameter is unknown, missing or wrong for every target of the route.
    """
    models = [plan.model_of(target) for target in route.targets]
    models = [model for model in models if operation in model.offers]
    known = {name: p for model in models for name, p in request.parameters_of(model, operation).items()}
    for name in spelling.spelled(known, asked.parameters):
        if name not in known:
            near = _nearest(name, known)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            raise InvalidRequest(
                f"{name}: is not a parameter of {route.name!r}. {hint}Known: {', '.join(sorted(known))}.",
                code="unknown_parameter",
                param=name,
            )
    fits = [
        request.fit(plan.model_of(target), operation, asked.parameters, target.parameters)
        for target in route.targets
        if operation in plan.model_of(target).offers
    ]
    if all(fit.problems for fit in fits):
        name, problem = next(iter(fits[0].problems.items()))
        missing = problem == "is required"
        raise InvalidRequest(
            f"{name}: {problem}.",
            code="missing_parameter" if missing else "invalid_parameter",
            param=name,
        )


def next_hop(job: Job, passed: Container[int], now: float) -> int | None:
    """Return the index of the next target to try, or nothing at the end of the chain.

    Those come first that this job has not tried. Then those that only had no room: a refusal is a reason to
    wait for a slot, not to fail. None comes after a failure that sends the job nowhere.

    Args:
        passed: hops that were looked at and left for later.
    """
    if job.ended or _stays(job) or now >= job.deadline_at:
        return None
    left = [index for index in range(len(job.chain)) if index not in passed]
    tried = {attempt.hop for attempt in job.attempts}
    fresh = (index for index in left if index not in tried)
    return next(fresh, next((index for index in left if _only_refused(job, index)), None))


def may_try(job: Job, hop: int) -> bool:
    """Tell whether a job may still go to a hop at all."""
    tried = any(attempt.hop == hop for attempt in job.attempts)
    return not _stays(job) and (not tried or _only_refused(job, hop))


def untried(job: Job, hop: int) -> list[int]:
    """Return the targets that this job has not tried, besides the one that it waits for."""
    tried = {hop, *(attempt.hop for attempt in job.attempts)}
    return [index for index in range(len(job.chain)) if index not in tried]


def moves_on(job: Job, error: str) -> bool:
    """Tell whether an error class sends the job to its next target."""
    return error in job.on or error == "unsupported"


def pause_after_refusal_s(job: Job, hop: int) -> float:
    """Return how long a pool shall stand still after it refused a job, by how often it did."""
    times = sum(attempt.hop == hop for attempt in job.attempts)
    return REFUSED_S[min(times, len(REFUSED_S)) - 1]


def _stays(job: Job) -> bool:
    """Tell whether the latest attempt failed in a way that sends the job nowhere."""
    return bool(job.attempts and job.attempt.error) and not moves_on(job, job.attempt.error)


def _only_refused(job: Job, hop: int) -> bool:
    """Tell whether a target refused every try for want of capacity, and has not yet done so too often."""
    tries = [attempt for attempt in job.attempts if attempt.hop == hop]
    return len(tries) <= len(REFUSED_S) and all(each.error == "capacity" and not each.kept for each in tries)


def _serves(plan: Plan, hop: Hop, operation: str) -> bool:
    return operation in plan.models[f"{hop.provider}/{hop.model}"].offers


def _unfit(plan: Plan, asked: request.Request, operation: str, hop: Hop) -> str:
    model = plan.models[f"{hop.provider}/{hop.model}"]
    if operation not in model.offers:
        return f"does not serve {operation}"
    if hop.region not in plan.served_in(model):
        return f"is not served in region {hop.region!r}"
    fit = request.fit(model, operation, asked.parameters, hop.parameters)
    if fit.problems:
        return "; ".join(f"{name} {problem}" for name, problem in fit.problems.items())
    if asked.max_micros is not None:
        price = pricing.estimate(model, fit.arguments)
        if price is None:
            return "has no price, and max_usd was given"
        if price > asked.max_micros:
            return f"is estimated at {pricing.usd(price)} USD, above max_usd"
    return ""


def _nearest(name: str, known: Iterable[str]) -> list[str]:
    import difflib  # only a mistake pays for it

    return difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)


def arguments_of(plan: Plan, job: Job, hop: Hop) -> request.Fit:
    """Map a stored job's input onto one target of its chain, its seed included."""
    model = plan.models[f"{hop.provider}/{hop.model}"]
    given: dict[str, Any] = dict(job.input)
    if job.seed is not None and "seed" in request.parameters_of(model, job.operation):
        given.setdefault("seed", job.seed)
    return request.fit(model, job.operation, given, hop.parameters)
