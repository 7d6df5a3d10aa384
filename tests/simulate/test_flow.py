"""The simulator against the gateway's own flow: the same calls, at the same instants."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gateway.plan import Limits
from sluice.simulate import Down, Traffic
from tests.simulate.stage import compare

LIMITS = some.builds(
    Limits,
    rpm=some.sampled_from((None, 7, 23, 61)),
    concurrent=some.sampled_from((None, 1, 3)),
    burst=some.integers(1, 3),
)
POLICIES = (
    "overflow: wait",
    *(f"overflow: divert\n    max_wait: {seconds}s" for seconds in (0, 1, 9)),
    *(f"overflow: shed\n    max_wait: {seconds}s" for seconds in (0, 7)),
)
FILES = some.tuples(some.sampled_from(POLICIES), some.lists(LIMITS, min_size=1, max_size=3))
ARRIVALS_MS = some.lists(some.integers(0, 40_000), min_size=1, max_size=60)
DOWN = (Down("p0", 5, 25), Down("p1", 15, 80))

Files = tuple[str, Sequence[Limits]]


@given(FILES, ARRIVALS_MS)
def test_slots_places_and_turns(files: Files, arrivals_ms: Sequence[int]) -> None:
    compare(*files, arrivals_ms, Traffic())


@given(FILES, ARRIVALS_MS)
def test_deadlines(files: Files, arrivals_ms: Sequence[int]) -> None:
    policy, pools = files

    compare(f"{policy}\n    deadline: 20s", pools, arrivals_ms, Traffic())


@given(FILES, ARRIVALS_MS)
def test_failures_circuits_and_probes(files: Files, arrivals_ms: Sequence[int]) -> None:
    down = tuple(each for each, _ in zip(DOWN, files[1], strict=False))

    compare(*files, arrivals_ms, Traffic(down=down))


@given(FILES, ARRIVALS_MS)
def test_providers_that_take_less(files: Files, arrivals_ms: Sequence[int]) -> None:
    compare(*files, arrivals_ms, Traffic(real={"p0": 5}))


@pytest.mark.parametrize(
    "tier", ["t: {rpm: 20}", "t: {concurrent: 2}", "t: {rpm: 30, overflow: shed, max_wait: 1s}"]
)
@given(FILES, ARRIVALS_MS)
def test_tiers_in_front(tier: str, files: Files, arrivals_ms: Sequence[int]) -> None:
    compare(*files, arrivals_ms, Traffic(tier="t"), tiers=f"{{{tier}}}")
