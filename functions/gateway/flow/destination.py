"""Register customers' buckets, check them, and find the one that a request names."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from gateway.domain import destination as destinations
from gateway.domain.destination import Destination
from gateway.domain.job import Job
from gateway.errors import Clash, DestinationRefused, InvalidRequest, NotFound
from gateway.flow.files import Artifacts
from gateway.flow.ports import Ports


def register(
    ports: Ports, tenant: str, body: Mapping[str, Any], take: Callable[[str], str] = str
) -> Destination:
    """Store a new destination, which nothing is delivered to until it is verified.

    Args:
        take: turns a fresh name into the one that the same call took before.

    Raises:
        InvalidRequest: a field is wrong.
        Clash: there is one of that name.
    """
    fresh = destinations.read(body, tenant, f"sluice-{ports.random(16).hex()}", ports.now())
    made = replace(fresh, external_id=take(fresh.external_id))
    if not ports.destinations.save(made, new=True):
        there = ports.destinations.find(tenant, made.name)
        came_before = made.external_id != fresh.external_id
        if came_before and there and there.external_id == made.external_id:
            return there
        raise Clash(
            f"name: there is a destination {made.name!r} already; DELETE it first.",
            code="destination_exists",
            param="name",
        )
    return made


def verify(ports: Ports, tenant: str, name: str) -> Destination:
    """Write to a destination, read, and take it away again; then jobs may name it.

    Raises:
        NotFound: no such destination.
        InvalidRequest: the customer's side refused something; the message says what.
    """
    found = known(ports, tenant, name)
    try:
        ports.destinations.check(found)
    except DestinationRefused as error:
        raise InvalidRequest(f"{error}.", code="destination_refused", param="name") from error
    verified = replace(found, verified_at=ports.now())
    if not ports.destinations.save(verified, new=False):
        raise _unknown(name)
    return verified


def remove(ports: Ports, tenant: str, name: str) -> None:
    """Forget a destination: no job may name it any more, and links to its files end.

    Raises:
        NotFound: no such destination.
    """
    if not ports.destinations.remove(tenant, name):
        raise _unknown(name)


def known(ports: Ports, tenant: str, name: str) -> Destination:
    """Find a destination.

    Raises:
        NotFound: no such destination.
    """
    found = ports.destinations.find(tenant, name)
    if found is None:
        raise _unknown(name)
    return found


def asked_for(ports: Ports, tenant: str, name: str) -> Destination | None:
    """Find the destination that a request names, if it names one.

    Raises:
        InvalidRequest: there is none of that name, or nobody has verified it.
    """
    if not name:
        return None
    found, param = ports.destinations.find(tenant, name), "delivery.destination"
    if found is None:
        names = ", ".join(each.name for each in ports.destinations.list(tenant)) or "none"
        raise InvalidRequest(
            f"{param}: unknown destination {name[:63]!r}. Known: {names}.",
            code="invalid_parameter",
            param=param,
        )
    if found.verified_at is None:
        way_out = f"POST /v1/admin/destinations/{found.name}/verify"
        raise InvalidRequest(
            f"{param}: {found.name!r} is not verified yet; {way_out} does that.",
            code="invalid_parameter",
            param=param,
        )
    return found


def bucket_of(ports: Ports, job: Job) -> Artifacts:
    """Return where a job's files go."""
    return ports.artifacts if job.destination is None else ports.destinations.open(job.destination)


def _unknown(name: str) -> NotFound:
    return NotFound(
        f"no destination {name[:63]!r} of this key's tenant.", code="destination_not_found", param="name"
    )
