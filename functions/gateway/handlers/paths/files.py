"""Files: a signed link of ours becomes a short one of the bucket."""

from gateway.domain import link
from gateway.handlers import _wiring
from gateway.handlers._call import Event, Reply, Route
from gateway.handlers._reply import redirect

_ports = _wiring.the_ports()


def _get(event: Event, file_id: str) -> Reply:
    key = link.verify(file_id, _ports.now(), _wiring.link_secret())
    return redirect(_wiring.the_artifacts().link(key))


ROUTES: dict[tuple[str, str], Route] = {("GET", "files/{id}"): _get}
