"""Destinations: customers' own buckets, for keys with the scope ``admin``."""

from typing import Any

from gateway.domain import destination as destinations
from gateway.domain.destination import Destination
from gateway.domain.instant import written
from gateway.flow import destination
from gateway.handlers import _wiring
from gateway.handlers._call import Event, Reply, Route, body, caller
from gateway.handlers._repeat import taking
from gateway.handlers._reply import reply

_ports = _wiring.the_ports()


def _create(event: Event) -> Reply:
    admin, given = caller(event, "admin"), body(event)
    take, headers = taking(event, admin, given)
    return reply(201, _shown(destination.register(_ports, admin.tenant, given, take)), headers)


def _verify(event: Event, name: str) -> Reply:
    return reply(200, _shown(destination.verify(_ports, caller(event, "admin").tenant, name)))


def _list(event: Event) -> Reply:
    found = _ports.destinations.list(caller(event, "admin").tenant)
    return reply(200, {"object": "list", "data": [_shown(each) for each in found]})


def _get(event: Event, name: str) -> Reply:
    return reply(200, _shown(destination.known(_ports, caller(event, "admin").tenant, name)))


def _delete(event: Event, name: str) -> Reply:
    destination.remove(_ports, caller(event, "admin").tenant, name)
    return reply(200, {"object": "destination", "name": name, "deleted": True})


def _shown(at: Destination) -> dict[str, Any]:
    """Write a destination with what the customer's side must say, ready to be pasted."""
    return {
        "object": "destination",
        "name": at.name,
        "status": "pending" if at.verified_at is None else "verified",
        "bucket": at.bucket,
        "prefix": at.prefix,
        "region": at.region or None,
        "role_arn": at.role_arn,
        "external_id": at.external_id,
        "created_at": written(at.created_at),
        "verified_at": written(at.verified_at),
        "trust_policy": destinations.trust(at, _wiring.setting("ACCOUNT")),
        "permissions_policy": destinations.permissions(at),
    }


ROUTES: dict[tuple[str, str], Route] = {
    ("POST", "admin/destinations"): _create,
    ("GET", "admin/destinations"): _list,
    ("GET", "admin/destinations/{id}"): _get,
    ("DELETE", "admin/destinations/{id}"): _delete,
    ("POST", "admin/destinations/{name}/verify"): _verify,
}
