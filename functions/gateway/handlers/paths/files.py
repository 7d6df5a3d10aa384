"""Files: a signed link of ours becomes a short one of the bucket."""

from gateway.aws.artifacts import Artifacts
from gateway.domain import destination as destinations
from gateway.domain import link
from gateway.errors import DestinationRefused, Gone
from gateway.handlers import _wiring
from gateway.handlers._call import Event, Reply, Route
from gateway.handlers._reply import redirect

_ports = _wiring.the_ports()


def _get(event: Event, file_id: str) -> Reply:
    key = link.verify(file_id, _ports.now(), _wiring.link_secret())
    abroad = destinations.link_of(key)
    if abroad is None:
        return redirect(_wiring.the_artifacts().link(key))
    tenant, name, key = abroad
    return redirect(bucket(tenant, name).link(key))


def bucket(tenant: str, name: str) -> Artifacts:
    """Go into a customer's bucket by the role as it stands today; whoever has a link learns no more of it."""
    found = _ports.destinations.find(tenant, name)
    try:
        if found is not None:
            return _wiring.the_destinations().open(found)
    except DestinationRefused as error:
        _wiring.logger.warning("a destination refused a link", name=name, why=str(error))
    raise Gone("the bucket of this file is not open to this gateway any more.", code="link_expired")


ROUTES: dict[tuple[str, str], Route] = {("GET", "files/{id}"): _get}
