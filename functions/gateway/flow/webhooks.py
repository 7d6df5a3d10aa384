"""Registered webhooks: made, changed, rotated, turned off and on by their tenant's admin."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from gateway.domain import address, identity
from gateway.domain.receiver import EVERY, Delivery, Webhook
from gateway.domain.webhook import EVENTS, Secret
from gateway.errors import Clash, Conflict, InvalidRequest, NotFound
from gateway.flow.ports import Ports

MOST = 20
FIELDS = ("url", "events", "key_id")


def register(
    ports: Ports,
    tenant: str,
    asked: Mapping[str, Any],
    own: tuple[str, ...],
    take: Callable[[str], str] = str,
) -> Webhook:
    """Make a webhook.

    Args:
        own: hosts of this gateway, which no webhook may lead back to.
        take: turns a fresh name into the one that the same call took before.

    Raises:
        InvalidRequest: a field is missing, wrong or unknown.
        Clash: the tenant has as many as it may have.
    """
    fields = _fields(ports, asked, FIELDS, own)
    for name in ("url", "events"):
        if name not in fields:
            raise InvalidRequest(f"{name}: is required.", code="missing_parameter", param=name)
    now = ports.now()
    id = take(f"wh_{identity.job_id(now, ports.random(10)).removeprefix('gw_')}")
    if known := ports.webhooks.get(tenant, id):
        return known
    if len(ports.webhooks.of(tenant)) >= MOST:
        raise Clash(f"there are {MOST} webhooks, which are the most; delete one.", code="too_many_webhooks")
    made = Webhook(tenant=tenant, id=id, created_at=now, **fields)
    ports.webhooks.create(made)
    return made


def find(ports: Ports, tenant: str, id: str) -> Webhook:
    """Return a webhook.

    Raises:
        NotFound: the tenant has none of that id.
    """
    found = ports.webhooks.get(tenant, id)
    if found is None:
        raise NotFound(
            f"no webhook {id[:40]!r} under this key's tenant; GET /v1/admin/webhooks lists them.",
            code="webhook_not_found",
            param="id",
        )
    return found


def change(ports: Ports, tenant: str, id: str, asked: Mapping[str, Any], own: tuple[str, ...]) -> Webhook:
    """Change some fields of a webhook; ``enabled`` turns it off, or on again after a 410.

    Raises:
        NotFound: there is none of that id.
        InvalidRequest: a field is wrong or unknown.
    """
    fields = _fields(ports, asked, (*FIELDS, "enabled"), own)
    enabled = fields.pop("enabled", None)
    if enabled is True:
        fields |= {"disabled_at": None, "disabled_why": ""}
    if enabled is False:
        fields |= {"disabled_at": ports.now(), "disabled_why": "turned off by its admin"}
    return _changed(ports, tenant, id, lambda found: replace(found, **fields))


def rotate(ports: Ports, tenant: str, id: str, take: Callable[[str], str] = str) -> Webhook:
    """Give a webhook its next secret; the one before goes on signing for a day."""
    now = ports.now()
    wanted = _generation(find(ports, tenant, id).secret, take)

    def turned(found: Webhook) -> Webhook:
        due = found.secret.generation < wanted
        return replace(found, secret=found.secret.rotated(now)) if due else found

    return _changed(ports, tenant, id, turned)


def rotate_key(ports: Ports, tenant: str, key_id: str, take: Callable[[str], str] = str) -> Secret:
    """Give a key the next secret for its own deliveries; likewise."""
    before = ports.webhooks.secret_of_key(tenant, key_id)
    wanted = _generation(before, take)
    while before.generation < wanted:
        try:
            before = ports.webhooks.turn(tenant, key_id, before, before.rotated(ports.now()))
        except Conflict:
            before = ports.webhooks.secret_of_key(tenant, key_id)
    return before


def turn_off(ports: Ports, tenant: str, id: str, why: str) -> None:
    """Tell a webhook nothing more, until its admin turns it on again; one that is gone or off stays so."""
    now = ports.now()

    def off(found: Webhook) -> Webhook:
        known = found.disabled_at is not None
        return found if known else replace(found, disabled_at=now, disabled_why=why)

    try:
        _changed(ports, tenant, id, off)
    except NotFound:
        return


def deliveries(
    ports: Ports, tenant: str, id: str, limit: int, after: str
) -> tuple[list[Delivery], str | None]:
    """Return a page of a webhook's deliveries, the newest first, and what the next page comes after.

    Raises:
        NotFound: there is no webhook, or no delivery, of that id.
    """
    find(ports, tenant, id)
    last = ports.deliveries.get(tenant, after) if after else None
    if after and last is None:
        raise NotFound(f"after: no delivery {after[:100]!r}.", code="delivery_not_found", param="after")
    found = ports.deliveries.of_webhook(tenant, id, limit + 1, last)
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def _generation(secret: Secret, take: Callable[[str], str]) -> int:
    """Return which secret a rotation leads to; the same call, sent again, leads no further."""
    return int(take(str(secret.generation + 1)))


def _changed(ports: Ports, tenant: str, id: str, to: Callable[[Webhook], Webhook]) -> Webhook:
    while True:
        before = find(ports, tenant, id)
        after = to(before)
        try:
            return before if after == before else ports.webhooks.save(after)
        except Conflict:
            continue  # somebody else changed it too: both changes count


def _fields(
    ports: Ports, asked: Mapping[str, Any], known: tuple[str, ...], own: tuple[str, ...]
) -> dict[str, Any]:
    """Check what was asked for; ``null`` is no field, but for ``key_id``, where it means all keys."""
    if unknown := sorted(asked.keys() - set(known)):
        wrong = f"{unknown[0]}: is not a field of a webhook. Known: {', '.join(known)}."
        raise InvalidRequest(wrong, code="unknown_parameter", param=unknown[0])
    given = {name: value for name, value in asked.items() if value is not None}
    checks: dict[str, Callable[[Any], Any]] = {
        "url": lambda value: _url(ports, value, own),
        "events": _events,
        "key_id": _key_id,
        "enabled": _enabled,
    }
    fields = {name: checks[name](value) for name, value in given.items()}
    return {**fields, "key_id": ""} if "key_id" in asked and asked["key_id"] is None else fields


def _url(ports: Ports, value: Any, own: tuple[str, ...]) -> str:
    if not isinstance(value, str):
        raise _wrong("url", "a URL such as https://example.com/hook")
    address.require(value, "url", loopback=ports.loopback, own=own)
    return value


def _events(value: Any) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names:
        raise _wrong("events", f"a list of {', '.join(EVENTS)}, or '*' for all")
    for name in names:
        if name not in (*EVENTS, EVERY):
            unknown = f"events: unknown event {str(name)[:40]!r}. Known: {', '.join(EVENTS)}, or '*' for all."
            raise InvalidRequest(unknown, code="unknown_event", param="events")
    return (EVERY,) if EVERY in names else tuple(dict.fromkeys(names))


def _key_id(value: Any) -> str:
    if not isinstance(value, str) or not value.startswith("key_") or len(value) > 40:
        raise _wrong("key_id", "the id of a key, such as key_0123456789abcdef, or null for all keys")
    return value


def _enabled(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong("enabled", "true or false")
    return value


def _wrong(name: str, wanted: str) -> InvalidRequest:
    return InvalidRequest(f"{name}: must be {wanted}.", code="invalid_parameter", param=name)
