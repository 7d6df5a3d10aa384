"""Take a chat or an embedding in: check it against the route, and make a job, which is not stored yet."""

from collections.abc import Iterable
from dataclasses import replace

from gateway.domain import routing, wish
from gateway.domain.chat import Asked
from gateway.domain.job import Hop, Job, Skip
from gateway.domain.request import Request
from gateway.errors import InvalidRequest
from gateway.flow import accept, front
from gateway.flow.front import Caller
from gateway.flow.ports import Ports
from gateway.plan import Plan, Route
from gateway.protocols.chat.family import FAMILIES
from gateway.protocols.chat.unfit import Unfit

# The sweeper ends a job whose function died: no call lives longer than its function does.
LONGEST_CALL_S = 330


def take_in(ports: Ports, caller: Caller, asked: Asked) -> tuple[Job, dict[str, str]]:
    """Make a job of a call, and take its key's place among those that run at once.

    Returns:
        The job, with all that was said; and the headers that tell how much the key may call yet.

    Raises:
        GatewayError: the call cannot be served; nothing is stored and nothing charged.
    """
    limits = front.admit(ports, caller)
    plan, request = ports.plan, asked.request
    route = routing.route_of(plan, request.model)
    operation = request.operation
    _require_served(route, operation)
    routing.require(plan, route, request, operation)
    hops = routing.hops_of(plan, route, request.fallback, request.region)
    able, skipped = routing.eligible(plan, request, operation, hops)
    able, unwanted = wish.granted(plan, asked.wish, able)
    able, unfit = _spoken(plan, request, operation, able)
    skipped = (*skipped, *unwanted, *unfit)
    accept.require_target(request, able, skipped)
    accept.require_known_keys(plan, request)
    job = accept.job_of(ports, caller, request, route, operation, able, skipped)
    chain, unwanted = wish.arranged(plan, asked.wish, job.chain)
    accept.require_target(request, chain, unwanted)
    seed = request.parameters.get("seed")
    job = replace(
        job,
        chain=chain,
        skipped=(*job.skipped, *unwanted),
        seed=seed if isinstance(seed, int) else None,  # one of ours would be the caller's to be told of
        sweep_at=job.created_at + LONGEST_CALL_S,
    )
    front.take_place(ports, caller, job)
    return job, limits


def _spoken(
    plan: Plan, request: Request, operation: str, hops: Iterable[Hop]
) -> tuple[tuple[Hop, ...], tuple[Skip, ...]]:
    """Divide targets into those whose family has words for the request and those that have not, and why."""
    able: list[Hop] = []
    skipped: dict[Skip, None] = {}
    for hop in hops:
        protocol = plan.models[f"{hop.provider}/{hop.model}"].offers[operation].protocol
        family = FAMILIES[plan.providers[hop.provider].protocols[protocol].family]
        try:
            family.body(request.parameters, hop.model, streamed=False)
        except Unfit as reason:
            skipped[Skip(hop.provider, hop.model, str(reason))] = None
        else:
            able.append(hop)
    return tuple(able), tuple(skipped)


def _require_served(route: Route, operation: str) -> None:
    if operation not in route.operations:
        raise InvalidRequest(
            f"model: {route.name!r} is for {', '.join(route.operations)}, not for {operation}.",
            code="invalid_parameter",
            param="model",
        )
