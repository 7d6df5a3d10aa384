"""Run a job again with what it was made by: the same target, region, parameters and seed.

Rule: what has delivered is pinned alone. Nobody who wants the same picture again wants another model's, so
there is no fallback behind it. A job that nothing delivered gets the whole chain that it had.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.domain import identity, request, routing
from gateway.domain.job import Hop, Job, Skip
from gateway.domain.repeat import Repeat
from gateway.errors import Clash, Gone, InvalidRequest, NotFound
from gateway.flow import credential, destination, inputs
from gateway.flow.accept import LEASE_S, enter, require_known_keys
from gateway.flow.front import Caller
from gateway.flow.ports import Ports
from gateway.flow.repeat import Taken, once
from gateway.plan import DIRECT


def replay(
    ports: Ports,
    caller: Caller,
    job_id: str,
    asked: request.Request,
    changes: Mapping[str, Any],
    base_url: str,
    call: Repeat | None,
) -> Taken:
    """Make a new job like one that has ended.

    Args:
        asked: fields that steer; those that are absent are as they were. Its parameters do not count.
        changes: parameters that differ; null takes one away.

    Raises:
        NotFound: the tenant has no such job.
        Clash: it has not ended.
        Gone: the plan has its target no more, or what it was asked is not kept.
        InvalidRequest: a change is none that the pinned target takes, or a key must be brought again.
    """
    before = ports.jobs.get(caller.tenant, job_id)
    if before is None:
        raise NotFound(f"no job {job_id[:40]!r} under this key's tenant.", code="job_not_found", param="id")
    if not before.ended:
        raise Clash(
            f"job {before.id} is {before.status}; it can be replayed when it has ended.",
            code="not_ended",
            job_id=before.id,
        )
    if before.operation in DIRECT:
        raise Gone(
            f"job {before.id} cannot be replayed: what it was asked is not kept.",
            code="input_gone",
            job_id=before.id,
        )
    require_known_keys(ports.plan, asked)
    again = _again(ports, caller, before, asked, changes, base_url)
    return once(ports, caller, call, lambda: enter(ports, caller, again, call))


def _again(
    ports: Ports,
    caller: Caller,
    before: Job,
    asked: request.Request,
    changes: Mapping[str, Any],
    base_url: str,
) -> Job:
    now = ports.now()
    job_id = identity.job_id(now, ports.random(10))
    given = {name: value for name, value in {**before.input, **changes}.items() if value is not None}
    asked = replace(asked, parameters=given)
    chain = _pinned(ports, before)
    _require_keys(before, chain, asked)
    _require_known(ports, before, chain, changes)
    fitting = _fitting(ports, before, chain, asked)
    found = inputs.look(ports, caller.tenant, asked, before.operation, fitting, base_url)
    _require_target(found.able, found.skipped)
    seed = given.get("seed", before.seed)
    return Job(
        id=job_id,
        tenant=caller.tenant,
        key_id=caller.key_id,
        model=before.model,
        operation=before.operation,
        input=given,
        chain=found.able,
        created_at=now,
        deadline_at=now + before.deadline_at - before.created_at,
        deadlines=before.deadlines,
        plan=ports.plan.hash,
        on=before.on,
        overflow=before.overflow,
        max_wait_s=before.max_wait_s,
        retention_days=before.retention_days,
        seed=seed if isinstance(seed, int) else before.seed,
        byok=credential.seal(ports, caller.tenant, job_id, asked.byok),
        destination=destination.asked_for(ports, caller.tenant, _destination(before)),
        webhook_url=asked.webhook_url or before.webhook_url,
        customer_id=asked.customer_id or before.customer_id,
        metadata=asked.metadata or before.metadata,
        history=((now, "queued"),),
        sweep_at=now + LEASE_S,
        replay_of=before.id,
        brought=tuple(sorted(asked.byok)),
        inputs=found.files,
        base_url=base_url,
    )


def _destination(before: Job) -> str:
    return before.destination.name if before.destination else ""


def _pinned(ports: Ports, before: Job) -> tuple[Hop, ...]:
    delivered = before.status == "succeeded"
    chain = (before.chain[before.attempt.hop],) if delivered else before.chain
    left = tuple(hop for hop in chain if f"{hop.provider}/{hop.model}" in ports.plan.models)
    if not left:
        raise Gone(
            f"job {before.id} ran at {_names(chain)}, which this gateway has no more; "
            f"POST /v1/jobs runs {before.model!r} as it is now.",
            code="target_gone",
            job_id=before.id,
        )
    return left


def _require_keys(before: Job, chain: tuple[Hop, ...], asked: request.Request) -> None:
    """Check that whoever paid for the job pays for it again."""
    used = {hop.provider for hop in chain} & set(before.brought)
    if missing := sorted(used - asked.byok.keys()):
        raise InvalidRequest(
            f"byok: job {before.id} brought a key for {missing[0]!r}, which is not kept; give it again.",
            code="missing_parameter",
            param="byok",
        )


def _require_known(ports: Ports, before: Job, chain: tuple[Hop, ...], changes: Mapping[str, Any]) -> None:
    models = [ports.plan.models[f"{hop.provider}/{hop.model}"] for hop in chain]
    known = {name for model in models for name in request.parameters_of(model, before.operation)}
    if unknown := sorted(name for name, value in changes.items() if value is not None and name not in known):
        raise InvalidRequest(
            f"{unknown[0]}: is not a parameter of {_names(chain)}. Known: {', '.join(sorted(known))}.",
            code="unknown_parameter",
            param=unknown[0],
        )


def _fitting(ports: Ports, before: Job, chain: tuple[Hop, ...], asked: request.Request) -> tuple[Hop, ...]:
    able, skipped = routing.eligible(ports.plan, asked, before.operation, chain)
    _require_target(able, skipped)
    return able


def _require_target(able: tuple[Hop, ...], skipped: tuple[Skip, ...]) -> None:
    if not able:
        reasons = "; ".join(f"{skip.provider}/{skip.model}: {skip.reason}" for skip in skipped)
        raise InvalidRequest(f"the pinned target cannot run this: {reasons}.", code="no_target")


def _names(chain: tuple[Hop, ...]) -> str:
    return ", ".join(dict.fromkeys(f"{hop.provider}/{hop.model}" for hop in chain))
