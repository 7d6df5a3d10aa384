"""How the targets of all routes do: whether calls go there, and from when one may try again."""

from typing import Any

from gateway.domain import circuit, pacing
from gateway.flow.ports import Ports


def targets(ports: Ports) -> list[dict[str, Any]]:
    """Return a line for each target in its usual region, by name."""
    plan = ports.plan
    names = {
        circuit.target_of(each.provider, each.model, route.region or next(iter(regions))): each
        for route in plan.routes.values()
        for each in route.targets
        for regions in (plan.providers[each.provider].base_urls,)
    }
    states = ports.circuits.states(names, ports.now())
    return [
        {
            "provider": names[name].provider,
            "model": names[name].model,
            "region": name.rpartition("#")[2],
            "circuit": state,
            "next_probe_at": pacing.timestamp(at) if at else None,
        }
        for name, (state, at) in sorted(states.items())
    ]
