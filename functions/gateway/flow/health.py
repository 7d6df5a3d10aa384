"""How the targets of all routes do: whether calls go there, and from when one may try again."""

from typing import Any

from gateway.domain import circuit, pacing, routing
from gateway.flow.ports import Ports


def targets(ports: Ports) -> list[dict[str, Any]]:
    """Return a line for each target in each region that routes send it to, by name."""
    plan = ports.plan
    names = {
        circuit.target_of(hop.provider, hop.model, hop.region): hop
        for route in plan.routes.values()
        for hop in routing.hops_of(plan, route, None, "")
        if hop.region in plan.served_in(plan.models[f"{hop.provider}/{hop.model}"])
    }
    states = ports.circuits.states(names, ports.now())
    return [
        {
            "provider": names[name].provider,
            "model": names[name].model,
            "region": names[name].region,
            "circuit": state,
            "next_probe_at": pacing.timestamp(at) if at else None,
        }
        for name, (state, at) in sorted(states.items())
    ]
