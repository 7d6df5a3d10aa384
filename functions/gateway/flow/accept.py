"""Take a request in: check it, freeze its chain into a job, and run it inline or hand it to the workflow."""

import math
from dataclasses import replace
from urllib.parse import urlsplit

from gateway.domain import address, identity, order, request, routing
from gateway.domain.job import Attempt, Hop, Job, Skip
from gateway.domain.pacing import Full
from gateway.domain.repeat import Repeat
from gateway.errors import Conflict, InvalidRequest, RateLimited
from gateway.flow import attempt as attempts
from gateway.flow import chain, credential, deliver, destination, front, inputs, pool
from gateway.flow.front import Caller
from gateway.flow.ports import Ports
from gateway.flow.settle import settle
from gateway.plan import DIRECT, Plan, Route, Tier
from gateway.wire import Protocol

# Only models that are usually done well inside the wait run inline: a call that is cut off may be paid for.
INLINE_S = 8
# The sweeper sees to a job that no workflow has taken over by then. No api function lives as long.
LEASE_S = 60
# An inline call is not begun with less time than this left.
LEAST_CALL_S = 3
LOOK_S = 0.4


def accept(
    ports: Ports, caller: Caller, asked: request.Request, base_url: str, repeat: Repeat | None = None
) -> Job:
    """Make a stored job of a request.

    Args:
        repeat: what tells this call from others, where the caller named it.

    Raises:
        GatewayError: the request cannot be served; nothing is stored and nothing charged.
        Conflict: the same call came twice, and the other one was quicker.
    """
    _require_public(ports, asked, base_url)
    plan = ports.plan
    route = routing.route_of(plan, asked.model)
    operation = operation_of(plan, route, asked)
    _require_file(route, operation)
    routing.require(plan, route, asked, operation)
    hops = routing.hops_of(plan, route, asked.fallback, asked.region)
    able, skipped = routing.eligible(plan, asked, operation, hops)
    require_target(asked, able, skipped)
    require_known_keys(plan, asked)
    found = inputs.look(ports, caller.tenant, asked, operation, able, base_url)
    skipped = (*skipped, *found.skipped)
    require_target(asked, found.able, skipped)
    job = job_of(ports, caller, asked, route, operation, found.able, skipped)
    return enter(ports, caller, replace(job, base_url=base_url, inputs=found.files), repeat)


def enter(ports: Ports, caller: Caller, job: Job, repeat: Repeat | None) -> Job:
    """Store a new job once there is room for it.

    Raises:
        RateLimited: there is none now.
        Conflict: the same call came twice, and the other one was quicker.
    """
    front.take_place(ports, caller, job)
    if job.overflow == "shed":
        job = _with_slot_now(ports, job)
    _store(ports, job, repeat)
    return job


def run(ports: Ports, job: Job, wait_s: float, asked_to_wait: bool) -> Job:
    """Run a job as far as the caller waits for it; what is not finished then goes on in the workflow.

    Args:
        asked_to_wait: the caller named ``wait_s``; else a job that usually takes longer is not waited for.
    """
    until = ports.now() + wait_s
    first = job.chain[0]
    # A customer's bucket may say no, which only the workflow can wait out.
    if wait_s > 0 and not job.destination and _quick(ports, job, first):
        try:
            job = _inline(ports, job, until)
        except Conflict:  # it was canceled in between
            job = _again(ports, job)
        if job.ended:
            return job
    ports.workflow.start(job.tenant, job.id)
    usual_s = ports.plan.models[f"{first.provider}/{first.model}"].usual_s
    return wait(ports, job, until) if asked_to_wait or usual_s < wait_s else job


def wait(ports: Ports, job: Job, until: float) -> Job:
    """Look at a job again and again until it has ended or the time is over."""
    while not job.ended and ports.now() + LOOK_S < until:
        ports.sleep(LOOK_S)
        job = _again(ports, job)
    return job


def _inline(ports: Ports, job: Job, until: float) -> Job:
    """Go along the chain while its targets answer at once and the caller still waits."""
    while True:
        reserved = chain.advance(ports, job)
        if isinstance(reserved, chain.Wait):
            return job
        if isinstance(reserved, chain.End):
            return settle(ports, job)
        job, attempt = reserved.job, reserved.attempt
        pause_s = max(0.0, attempt.slot_at - ports.now())
        left_s = until - ports.now() - pause_s
        if left_s < LEAST_CALL_S or not _quick(ports, job, job.chain[attempt.hop]):
            return job
        ports.sleep(pause_s)
        outcome = attempts.start(ports, job, attempt.n, left_s)
        if outcome.word == "done":
            outcome = deliver.from_links(ports, outcome.job, outcome.job.attempt, until)
        job = outcome.job
        if outcome.word in ("delivered", "fail"):
            return settle(ports, job)
        if outcome.word != "next":
            return job


def _quick(ports: Ports, job: Job, hop: Hop) -> bool:
    model = ports.plan.models[f"{hop.provider}/{hop.model}"]
    protocol: Protocol = ports.plan.providers[hop.provider].protocols[model.offers[job.operation].protocol]
    quick = protocol.answers_at_once and model.usual_s <= INLINE_S
    return quick and not inputs.to_fetch(ports.plan, job, hop)


def operation_of(plan: Plan, route: Route, asked: request.Request) -> str:
    """Return what is asked for.

    Raises:
        InvalidRequest: the route does not serve it.
    """
    if not asked.operation:
        models = (plan.model_of(target) for target in route.targets)
        files = tuple(each for each in route.operations if each not in DIRECT)
        return request.operation_of(models, files or route.operations, asked.parameters)
    if asked.operation not in route.operations:
        raise InvalidRequest(
            f"operation: {route.name!r} does not serve {asked.operation!r}; "
            f"it serves {', '.join(route.operations)}.",
            code="invalid_parameter",
            param="operation",
        )
    return asked.operation


def _require_public(ports: Ports, asked: request.Request, base_url: str) -> None:
    """Refuse a webhook that leads to where no stranger may lead us, by its text; addresses come later."""
    if asked.webhook_url:
        own = (_host(base_url),)
        address.require(asked.webhook_url, "webhook_url", loopback=ports.loopback, own=own)


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _require_file(route: Route, operation: str) -> None:
    if operation in DIRECT:
        paths = {"chat": "chat/completions", "embedding": "embeddings"}
        raise InvalidRequest(
            f"model: {route.name!r} is for {operation}: POST /v1/{paths[operation]}.",
            code="invalid_parameter",
            param="model",
        )


def require_target(asked: request.Request, able: tuple[Hop, ...], skipped: tuple[Skip, ...]) -> None:
    """Check that a target is left.

    Raises:
        InvalidRequest: none is; the text says why of each.
    """
    if not able:
        reasons = "; ".join(f"{skip.provider}/{skip.model} {skip.reason}" for skip in skipped)
        raise InvalidRequest(f"no target of {asked.model!r} can serve this: {reasons}.", code="no_target")


def require_known_keys(plan: Plan, asked: request.Request) -> None:
    """Check that the keys that a caller brings are for providers that there are.

    Raises:
        InvalidRequest: one is not.
    """
    if unknown := sorted(asked.byok.keys() - plan.providers.keys()):
        raise InvalidRequest(
            f"byok: unknown provider {unknown[0]!r}. Known: {', '.join(sorted(plan.providers))}.",
            code="invalid_parameter",
            param="byok",
        )


def job_of(
    ports: Ports,
    caller: Caller,
    asked: request.Request,
    route: Route,
    operation: str,
    able: tuple[Hop, ...],
    skipped: tuple[Skip, ...],
) -> Job:
    """Make a job, which is not stored yet, of a request and the targets that can take it."""
    now = ports.now()
    tier = ports.plan.tiers.get(caller.tier, Tier())
    job_id = identity.job_id(now, ports.random(10))
    customer = asked.customer_id or caller.key_id
    seed = asked.parameters.get("seed")
    return Job(
        id=job_id,
        tenant=caller.tenant,
        key_id=caller.key_id,
        model=asked.model,
        operation=operation,
        input=asked.parameters,
        chain=order.arranged(ports.plan, asked, operation, able, job_id=job_id, customer=customer),
        created_at=now,
        deadline_at=now + min(route.deadline_s, asked.deadline_s or route.deadline_s),
        deadlines=route.deadlines,
        plan=ports.plan.hash,
        on=route.on,
        overflow=tier.overflow or route.overflow,
        max_wait_s=route.max_wait_s if tier.max_wait_s is None else tier.max_wait_s,
        retention_days=_retention_days(ports.plan, caller, asked, route),
        seed=seed if isinstance(seed, int) else int.from_bytes(ports.random(4)) >> 1,
        skipped=skipped,
        byok=credential.seal(ports, caller.tenant, job_id, asked.byok),
        destination=destination.asked_for(ports, caller.tenant, asked.destination),
        webhook_url=asked.webhook_url,
        customer_id=asked.customer_id,
        metadata=asked.metadata,
        history=((now, "queued"),),
        sweep_at=now + LEASE_S,
        batch=caller.batch,
        brought=tuple(sorted(asked.byok)),
    )


def _store(ports: Ports, job: Job, repeat: Repeat | None) -> None:
    if repeat is None:
        return ports.jobs.create(job)
    try:
        return ports.repeats.create(job, repeat)
    except Conflict:
        front.give_place_back(ports, job)
        if job.attempts:
            pool.release(ports, job, job.attempt)
        raise


def _retention_days(plan: Plan, caller: Caller, asked: request.Request, route: Route) -> int:
    """Keep outputs for as long as the route says, no longer than the tier allows or the caller asks.

    The result is one of the plan's retention classes, because the bucket's rules go by class.
    """
    tier = plan.tiers.get(caller.tier)
    most = min(
        days for days in (route.retention_days, tier and tier.retention_days, asked.retention_days) if days
    )
    classes = retention_classes(plan)
    return max((days for days in classes if days <= most), default=classes[0])


def retention_classes(plan: Plan) -> list[int]:
    """Return the days that files may be kept for, the fewest first."""
    tiers = {tier.retention_days for tier in plan.tiers.values() if tier.retention_days}
    return sorted({each.retention_days for each in plan.routes.values()} | tiers)


def _with_slot_now(ports: Ports, job: Job) -> Job:
    """Take the first working target's slot before the job is accepted, or send the caller away until then.

    Where only the end of another call makes room, that is after the time that a call usually takes.
    """
    targets = [chain.target(job, index) for index in range(len(job.chain))]
    states = ports.circuits.states(targets, ports.now())
    index = next((i for i, name in enumerate(targets) if states[name][0] != "open"), 0)
    hop, circuit = job.chain[index], states[targets[index]][0]
    near_s = min(pool.NEAR_S, job.max_wait_s)
    slot = pool.take(ports, job, hop, near_s)
    away_s = slot.retry_after_s + near_s if isinstance(slot, Full) else 0
    if away_s == math.inf:
        away_s = job.max_wait_s + ports.plan.models[f"{hop.provider}/{hop.model}"].usual_s
    if away_s > job.max_wait_s:
        front.give_place_back(ports, job)
        after_s = math.ceil(away_s - job.max_wait_s)
        raise RateLimited(
            f"{job.model!r} has no free slot within {job.max_wait_s:g} s; one is free in {after_s} s.",
            code="pool_full",
            retryable=True,
            headers={"retry-after": str(after_s)},
        )
    if isinstance(slot, Full):
        return job
    first = Attempt(1, index, hop.provider, hop.model, hop.region, slot.at, ports.now(), circuit=circuit)
    return replace(job, attempts=(first,))


def _again(ports: Ports, job: Job) -> Job:
    fresh = ports.jobs.get(job.tenant, job.id)
    return job if fresh is None else fresh
