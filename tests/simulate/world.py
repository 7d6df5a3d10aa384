"""Small plans and streams to simulate."""

from collections.abc import Sequence
from dataclasses import replace

from gateway.plan import Limits, Plan
from sluice.simulate.arrivals import SECOND, Arrivals, Traffic
from sluice.simulate.course import Course, Leg
from sluice.simulate.engine import Engine
from sluice.simulate.pool import Pool
from sluice.simulate.result import Result, Tally, result_of
from tests.builders import plan_of

HOUR_S = 3600
# How long the first target takes here, whatever the catalogue thinks of it today.
USUAL_S = 12.0
THREE = "google/gemini-3-pro-image, fal/fal-ai/nano-banana-pro, openai/gpt-image-2"


def plan(policy: str = "", targets: str = "google/gemini-3-pro-image", limits: str = "{rpm: 60}") -> Plan:
    """Compile one model ``picture`` whose three possible providers have the same limits."""
    providers = "version: 1\nproviders:\n" + "".join(
        f"  {name}: {{secret: sluice/providers/{name}, limits: {limits}}}\n"
        for name in ("google", "fal", "openai")
    )
    routes = (
        "version: 1\n"
        "defaults: {deadline: 1h}\n"
        "models:\n"
        "  picture:\n"
        "    operations: [text_to_image]\n"
        f"    targets: [{targets}]\n"
        f"    {policy}\n"
    )
    compiled = plan_of(routes, providers)
    google = "google/gemini-3-pro-image"
    models = compiled.models | {google: replace(compiled.models[google], usual_s=USUAL_S)}
    return replace(compiled, models=models)


def run_pool(
    limits: Limits, arrivals: Sequence[tuple[int, int]], *, service_us: int = SECOND, deadline_s: int = 10**6
) -> Result:
    """Send (instant, tenant) through one pool."""
    pool = Pool("p/r", "p", limits, (), 10 * SECOND)
    leg = Leg("p/m", pool, service_us, None)
    course = Course("m", "wait", 0, deadline_s * SECOND, True, (leg,))
    tenants = tuple(str(index) for index in range(1 + max(tenant for _, tenant in arrivals)))
    stream = ((at, tenant, 0) for at, tenant in sorted(arrivals))
    tally = Tally(Arrivals(tenants, ("m",), len(arrivals), max(arrivals)[0], stream), 10 * SECOND, True)
    traffic = Traffic()
    Engine([course], tally, traffic).run((at, tenant, 0) for at, tenant in sorted(arrivals))
    return result_of(tally, [course], [pool], traffic)
