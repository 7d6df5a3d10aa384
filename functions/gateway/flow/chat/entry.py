"""Take a chat or an embedding in: check it against the route, and make a job, which is not stored yet."""

from dataclasses import replace

from gateway.domain import routing, wish
from gateway.domain.chat import Asked
from gateway.domain.job import Job
from gateway.flow import accept, front
from gateway.flow.front import Caller
from gateway.flow.ports import Ports

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
    operation = accept.operation_of(plan, route, request)
    routing.require(plan, route, request, operation)
    hops = routing.hops_of(plan, route, request.fallback, request.region)
    able, skipped = routing.eligible(plan, request, operation, hops)
    able, unwanted = wish.granted(plan, asked.wish, able)
    accept.require_target(request, able, (*skipped, *unwanted))
    accept.require_known_keys(plan, request)
    job = accept.job_of(ports, caller, request, route, operation, able, (*skipped, *unwanted))
    seed = request.parameters.get("seed")
    job = replace(
        job,
        chain=wish.ordered(asked.wish, job.chain),
        seed=seed if isinstance(seed, int) else None,  # one of ours would be the caller's to be told of
        sweep_at=job.created_at + LONGEST_CALL_S,
    )
    front.take_place(ports, caller, job)
    return job, limits
