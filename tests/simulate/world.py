"""Small plans and streams to simulate."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from gateway.plan import Limits, Plan
from sluice.simulate.arrivals import SECOND, Arrivals, Traffic
from sluice.simulate.course import Pools, course_of
from sluice.simulate.engine import Engine
from sluice.simulate.result import Result, Tally, result_of
from tests.builders import plan_of

HOUR_S = 3600
# How long every target takes here, whatever the catalogue thinks of it today.
USUAL_S = 12
# Asked for by looks; Google and OpenAI answer at once.
FAL = "fal/fal-ai/nano-banana-pro"
THREE = "google/gemini-3-pro-image, fal/fal-ai/nano-banana-pro, openai/gpt-image-2"


def plan(
    policy: str = "",
    targets: str = "google/gemini-3-pro-image",
    limits: str = "{rpm: 60}",
    *,
    tiers: str = "{}",
    usual_s: float = USUAL_S,
) -> Plan:
    """Compile one model ``picture`` whose three possible providers have the same limits."""
    providers = "version: 1\nproviders:\n" + "".join(
        f"  {name}: {{secret: sluice/providers/{name}, limits: {limits}}}\n"
        for name in ("google", "fal", "openai")
    )
    routes = (
        "version: 1\n"
        "defaults: {deadline: 1h}\n"
        f"tiers: {tiers}\n"
        "models:\n"
        "  picture:\n"
        "    operations: [text_to_image]\n"
        f"    targets: [{targets}]\n"
        f"    {policy}\n"
    )
    compiled = plan_of(routes, providers)
    models = {name: replace(model, usual_s=usual_s) for name, model in compiled.models.items()}
    return replace(compiled, models=models)


one_model = cache(plan)


def limited(plan: Plan, limits: Limits) -> Plan:
    """Give every provider of a plan these limits."""
    providers = {name: replace(each, limits=limits) for name, each in plan.providers.items()}
    return replace(plan, providers=providers)


def run_pool(
    limits: Limits, arrivals: Sequence[tuple[int, int]], *, service_us: int = SECOND, deadline_s: int = 10**6
) -> Result:
    """Send (instant, tenant) through one pool."""
    files = limited(one_model(f"deadline: {deadline_s}s", usual_s=service_us / SECOND), limits)
    traffic, tenants = Traffic(), tuple(str(index) for index in range(1 + max(who for _, who in arrivals)))
    course = course_of(files, "picture", traffic, Pools(files, traffic, 10 * SECOND))
    stream = ((at, tenant, 0) for at, tenant in sorted(arrivals))
    tally = Tally(Arrivals(tenants, ("picture",), len(arrivals), max(arrivals)[0], stream), 10 * SECOND, True)
    Engine([course], tally, traffic).run(tally.arrivals.stream)
    return result_of(tally, [course], [course.legs[0].pool], traffic)
