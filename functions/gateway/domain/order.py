"""In which order a route's targets are tried for one job."""

import hashlib
import math
from collections.abc import Iterable
from itertools import groupby

from gateway.domain import pricing, request
from gateway.domain.job import Hop
from gateway.plan import Plan, Route

# fill: as written, so that the first is filled before the next; weighted: the first by chance, in shares;
# cheapest: by this request's list price; sticky: one customer's jobs begin at the same target.
ORDERS = ("fill", "weighted", "cheapest", "sticky")


def arranged(
    plan: Plan,
    asked: request.Request,
    operation: str,
    hops: Iterable[Hop],
    *,
    job_id: str = "",
    customer: str = "",
) -> tuple[Hop, ...]:
    """Put a chain in order: each route's targets by that route's own order, the routes as they come.

    A target that goes to several regions keeps them together and in their order.

    Args:
        hops: those that can take the request.
        job_id: decides a weighted order; without one, as written.
        customer: decides a sticky order; without one, as written.
    """
    drawn_by = {"weighted": job_id, "sticky": customer}

    def rank(hop: Hop) -> float:
        route = plan.routes[hop.route]
        if route.order == "cheapest":
            return _price(plan, asked, operation, hop)
        seed = drawn_by.get(route.order)
        return _drawn(seed, route, hop) if seed else 0

    groups = groupby(hops, key=lambda hop: hop.route)
    return tuple(hop for _, group in groups for hop in sorted(group, key=rank))


def weight_of(route: Route, hop: Hop) -> int:
    """Return the weight of a hop's target in its route."""
    return next(t.weight for t in route.targets if (t.provider, t.model) == (hop.provider, hop.model))


def _drawn(seed: str, route: Route, hop: Hop) -> float:
    """Draw how late a target comes: exponential at the rate of its weight, so that shares are as weights.

    Each target draws for itself, so those that stay keep their sequence when another one goes.
    Source: Efraimidis and Spirakis, Weighted random sampling with a reservoir, 2006.
    """
    weight = weight_of(route, hop)
    digest = hashlib.sha256(f"{seed} {hop.provider}/{hop.model}".encode()).digest()
    chance = (int.from_bytes(digest[:6]) + 0.5) / 2**48
    return -math.log(chance) / weight if weight else math.inf


def _price(plan: Plan, asked: request.Request, operation: str, hop: Hop) -> float:
    model = plan.models[f"{hop.provider}/{hop.model}"]
    fit = request.fit(model, operation, asked.parameters, hop.parameters)
    price = pricing.estimate(model, fit.arguments)
    return math.inf if price is None else price
