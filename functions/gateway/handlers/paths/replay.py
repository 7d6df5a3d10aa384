"""Replay: run a job again with what it was made by."""

from gateway.domain import body as bodies
from gateway.flow import replay
from gateway.handlers import _wiring
from gateway.handlers._call import Event, Reply, Route, base_url, body, caller
from gateway.handlers._header import patience
from gateway.handlers._repeat import repeat_of
from gateway.handlers.paths.jobs import see_through

_ports = _wiring.the_ports()
# What may differ. Target, region, operation and model are what is pinned.
FIELDS = ("byok", "webhook_url", "customer_id", "metadata", "max_usd")


def _replay(event: Event, job_id: str) -> Reply:
    sender, patient = caller(event, "submit"), patience(event)
    given = body(event) if event.get("body") else {}
    steering = {name: value for name, value in given.items() if name != "input"}
    bodies.require_fields(steering, FIELDS, ("input",))
    changes, asked = bodies.parameters_of(given), bodies.read(steering, "")
    call = repeat_of(event, sender, given)
    taken = replay.replay(_ports, sender, job_id, asked, changes, base_url(event), call)
    return see_through(event, taken, patient)


ROUTES: dict[tuple[str, str], Route] = {("POST", "jobs/{id}/replay"): _replay}
