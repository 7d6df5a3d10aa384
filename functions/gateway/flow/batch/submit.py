"""Take a batch in: where its lines are, how long it may take, and that the same call makes it once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from gateway.domain import batch as batches
from gateway.domain import identity, upload
from gateway.domain.batch import Batch
from gateway.domain.repeat import Repeat
from gateway.domain.request import kind_of
from gateway.errors import Conflict, InvalidRequest
from gateway.flow.accept import retention_classes
from gateway.flow.batch.desk import Desk
from gateway.flow.front import Caller
from gateway.flow.repeat import used
from gateway.flow.upload import find

# The sweeper sees to a batch that no workflow has taken over by then.
LEASE_S = 60


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked body.

    Args:
        input: the reference of an upload; or empty, where the lines came along.
        requests: the lines as they came, each an object.
    """

    input: str
    requests: tuple[dict[str, Any], ...]
    deadline_s: float
    metadata: dict[str, str]


def submit(
    desk: Desk, caller: Caller, asked: Asked, base_url: str, call: Repeat | None
) -> tuple[Batch, bool]:
    """Store a batch and hand it over, unless the same call has; return it, and whether it is new.

    Raises:
        InvalidRequest: the reference cannot be used as a file of lines.
        Clash: the call's key was used for something else.
    """
    if call and (before := _earlier(desk, caller.tenant, call)):
        desk.runs.start(before.tenant, before.id)  # the first call may have died before it did so
        return before, False
    batch = _batch(desk, caller, asked, base_url)
    if asked.requests:
        with desk.sheets.writing(batch.key) as sheet:
            for request in asked.requests:
                sheet.write(msgspec.json.encode(request) + b"\n")
    try:
        desk.batches.create(batch, call)
    except Conflict:  # it came twice at once, and the other one was quicker
        return submit(desk, caller, asked, base_url, call)
    desk.runs.start(batch.tenant, batch.id)
    return batch, True


def require_inline(requests: Iterable[Any]) -> None:
    """Check lines that come along as far as that is cheap: their form, and whose names come twice.

    Raises:
        InvalidRequest: one is no object, brings a key, or has the ``custom_id`` of another.
    """
    seen: dict[str, int] = {}
    for index, request in enumerate(requests):
        if not isinstance(request, dict):
            raise _wrong(f"requests[{index}]", f"must be an object, not {kind_of(request)}")
        if request.get("byok"):
            raise _wrong(f"requests[{index}].byok", "is not taken in a batch, because its lines are stored")
        name = request.get("custom_id")
        if isinstance(name, str) and seen.setdefault(name, index) != index:
            raise InvalidRequest(
                f"requests[{index}].custom_id: {name[:40]!r} is also that of requests[{seen[name]}].",
                code="duplicate_custom_id",
                param="requests",
            )


def _earlier(desk: Desk, tenant: str, call: Repeat) -> Batch | None:
    made = desk.ports.repeats.find(call.name, desk.ports.now())
    if made is None:
        return None
    batch = desk.batches.get(tenant, made.job)
    if batch is None or made.digest != call.digest:
        raise used(made.job, "with another body or path")
    return batch


def _batch(desk: Desk, caller: Caller, asked: Asked, base_url: str) -> Batch:
    ports = desk.ports
    now = ports.now()
    batch_id = identity.batch_id(now, ports.random(10))
    key = f"batches/{caller.tenant}/{batch_id}/input.jsonl"
    if asked.input:
        key = find(ports, caller.tenant, asked.input, upload.LINES, "input").key
    return Batch(
        id=batch_id,
        tenant=caller.tenant,
        key_id=caller.key_id,
        tier=caller.tier,
        key=key,
        base_url=base_url,
        created_at=now,
        deadline_at=now + asked.deadline_s,
        retention_days=_retention_days(desk, caller),
        sweep_at=now + LEASE_S,
        metadata=asked.metadata,
        total=len(asked.requests) or None,
    )


def _retention_days(desk: Desk, caller: Caller) -> int:
    """Keep reports as long as anything of this key is kept."""
    tier = desk.ports.plan.tiers.get(caller.tier)
    return (tier and tier.retention_days) or retention_classes(desk.ports.plan)[-1]


def read(body: dict[str, Any]) -> Asked:
    """Read the body of ``POST /v1/batches``.

    Raises:
        InvalidRequest: a field is unknown, missing or wrong.
    """
    known = ("input", "requests", "deadline", "metadata")
    if unknown := sorted(body.keys() - set(known)):
        raise InvalidRequest(
            f"{unknown[0]}: is not a field of a batch. Known: {', '.join(known)}.",
            code="unknown_parameter",
            param=unknown[0],
        )
    reference, requests = body.get("input"), body.get("requests")
    if (reference is None) == (requests is None):
        raise InvalidRequest(
            "input: give either 'input', the reference of an upload, or 'requests', a list.",
            code="missing_parameter" if reference is None else "invalid_parameter",
            param="input",
        )
    if reference is not None and not isinstance(reference, str):
        raise _wrong("input", f"must be the reference of an upload, not {kind_of(reference)}")
    return Asked(reference or "", _requests(requests), _deadline_s(body), _metadata(body))


def _requests(value: Any) -> tuple[dict[str, Any], ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not value:
        raise _wrong("requests", "must be a list with at least one request")
    if len(value) > batches.MOST_INLINE:
        raise InvalidRequest(
            f"requests: has {len(value)}, {batches.MOST_INLINE} are the most; upload a file of JSON lines "
            f"with POST /v1/uploads, and give its reference as 'input'.",
            code="too_many_lines",
            param="requests",
        )
    require_inline(value)
    return tuple(value)


def _deadline_s(body: dict[str, Any]) -> float:
    value = body.get("deadline")
    if value is None:
        return batches.DEADLINE_S
    units = {"m": 60, "h": 3600}
    number = value[:-1] if isinstance(value, str) and value[-1:] in units else ""
    seconds = (
        int(number) * units[value[-1]] if number.isascii() and number.isdigit() and len(number) < 6 else 0
    )
    if not 0 < seconds <= batches.DEADLINE_S:
        raise _wrong("deadline", "must be minutes or hours up to a day, such as '90m' or '24h'")
    return seconds


def _metadata(body: dict[str, Any]) -> dict[str, str]:
    value = body.get("metadata") or {}
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise _wrong("metadata", "must be an object of names to texts")
    return value


def _wrong(name: str, problem: str) -> InvalidRequest:
    return InvalidRequest(f"{name}: {problem}.", code="invalid_parameter", param=name.partition("[")[0])
