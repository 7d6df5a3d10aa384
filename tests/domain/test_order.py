"""In which order a route's targets are tried: as written, by weight, by price, or the same for a customer."""

from collections import Counter
from functools import cache
from typing import Any

import pytest

from gateway.domain import order, routing
from gateway.domain.body import read
from gateway.domain.job import Hop
from gateway.plan import Plan
from tests import builders

PROVIDERS = """
version: 1
providers:
  google: {secret: g}
  fal: {secret: f}
  openai: {secret: o}
  elevenlabs: {secret: e, regions: [us, eu]}
"""
ROUTES = """
version: 1
models:
  picture:
    operations: [text_to_image]
    targets: [google/gemini-3-pro-image, fal/fal-ai/nano-banana-pro, openai/gpt-image-2, fal/fal-ai/flux/dev]
    order: ORDER
    weights: WEIGHTS
    fallback: [sketch, poster]
  sketch:
    operations: [text_to_image]
    targets: [google/gemini-3.1-flash-image, google/gemini-2.5-flash-image]
    order: cheapest
  poster:
    operations: [text_to_image]
    targets: [fal/fal-ai/bytedance/seedream/v4.5/text-to-image, fal/openai/gpt-image-2, openai/gpt-image-2,
              openai/gpt-image-2.5-sunburst]
    order: cheapest
  voice:
    operations: [speech]
    targets: [openai/tts-1, elevenlabs/eleven_v4, openai/tts-1-hd]
    order: ORDER
"""
WEIGHTS = "{google/gemini-3-pro-image: 6, openai/gpt-image-2: 0, fal/fal-ai/flux/dev: 3}"
WRITTEN = ["gemini-3-pro-image", "fal-ai/nano-banana-pro", "gpt-image-2", "fal-ai/flux/dev"]
DRAWS = range(4000)
UNPRICED = "fal/fal-ai/bytedance/seedream/v4.5/text-to-image"


@cache
def plan(word: str, weights: str) -> Plan:
    routes = ROUTES.replace("ORDER", word).replace("WEIGHTS", weights)
    return builders.unpriced(builders.plan_of(routes, PROVIDERS), UNPRICED)


def chain(
    word: str,
    model: str = "picture",
    job_id: str = "gw_1",
    customer: str = "acme",
    *,
    weights: str = WEIGHTS,
    gone: str = "",
    fallback: tuple[str, ...] = (),
    **body: Any,
) -> tuple[Hop, ...]:
    """Put a chain in order, without the target that is gone."""
    found, asked = plan(word, weights), read({"prompt": "a fox", **body}, model)
    hops = routing.hops_of(found, found.routes[model], fallback, "")
    left = [hop for hop in hops if hop.model != gone]
    operation = found.routes[model].operations[0]
    return order.arranged(found, asked, operation, left, job_id=job_id, customer=customer)


def names(word: str, *args: Any, **kwargs: Any) -> list[str]:
    return [hop.model for hop in chain(word, *args, **kwargs)]


def test_fill_is_as_written() -> None:
    """
    Whichever job, and whoever's it is.
    """
    for n in range(20):
        assert names("fill", job_id=f"gw_{n}", customer=f"c{n}") == WRITTEN


@pytest.mark.parametrize(("word", "by"), [("weighted", "job_id"), ("sticky", "customer")])
def test_first_places_are_shared_out_by_weight(word: str, by: str) -> None:
    """
    6, 1, 0 and 3 of ten jobs, or of ten customers, begin at each target; an absent weight is 1.
    """
    firsts = Counter(names(word, **{by: f"{by}_{n}"})[0] for n in DRAWS)

    assert [firsts[name] / len(DRAWS) for name in WRITTEN] == pytest.approx([0.6, 0.1, 0, 0.3], abs=0.02)


def test_second_places_are_shared_out_among_those_that_are_left() -> None:
    """
    Where the first was the one that weighs 6, those that weigh 1 and 3 come next in a quarter and in three.
    """
    drawn = [names("weighted", job_id=f"gw_{n}") for n in DRAWS]

    seconds = Counter(second for first, second, *_ in drawn if first == WRITTEN[0])

    assert seconds[WRITTEN[1]] / seconds.total() == pytest.approx(0.25, abs=0.03)
    assert seconds[WRITTEN[3]] / seconds.total() == pytest.approx(0.75, abs=0.03)


def test_what_weighs_nothing_comes_last_as_written() -> None:
    """
    It is there for when all others have failed.
    """
    weights = "{google/gemini-3-pro-image: 0, fal/fal-ai/nano-banana-pro: 0, openai/gpt-image-2: 0}"

    for n in range(100):
        found = names("weighted", job_id=f"gw_{n}", weights=weights)
        assert found == [WRITTEN[3], *WRITTEN[:3]]


def test_a_weighted_order_is_the_jobs_own() -> None:
    """
    Looked at again it is the same, whoever asks; another job has another one.
    """
    assert names("weighted", job_id="gw_7") == names("weighted", job_id="gw_7", customer="bolt")
    assert len({tuple(names("weighted", job_id=f"gw_{n}")) for n in range(200)}) == 6


def test_a_customers_jobs_begin_at_the_same_target() -> None:
    """
    A sticky order does not depend on the job; another customer may have another one.
    """
    assert len({tuple(names("sticky", job_id=f"gw_{n}")) for n in range(200)}) == 1
    assert len({tuple(names("sticky", customer=f"c{n}")) for n in range(200)}) == 6


def test_only_the_customers_of_a_target_that_goes_move() -> None:
    """
    All others begin where they did; those that move go to what was their second target.
    """
    for n in range(500):
        before = names("sticky", customer=f"c{n}")

        after = names("sticky", customer=f"c{n}", gone=WRITTEN[0])

        assert after == [name for name in before if name != WRITTEN[0]]


@pytest.mark.parametrize("word", ["weighted", "sticky"])
def test_before_there_is_a_job_or_a_customer_it_is_as_written(word: str) -> None:
    """
    So it is shown to whoever asks what would happen.
    """
    assert names(word, job_id="", customer="") == WRITTEN


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, ["openai/gpt-image-2", "openai/gpt-image-2.5-sunburst", "fal/openai/gpt-image-2"]),
        (
            {"quality": "low"},
            ["fal/openai/gpt-image-2", "openai/gpt-image-2", "openai/gpt-image-2.5-sunburst"],
        ),
    ],
)
def test_cheapest_goes_by_the_price_of_this_very_request(body: dict[str, Any], expected: list[str]) -> None:
    """
    A low quality turns the order around; equal prices stay as written, and what has no price comes last.
    """
    found = [f"{hop.provider}/{hop.model}" for hop in chain("fill", "poster", **body)]

    assert found == [*expected, UNPRICED]


def test_each_route_of_a_chain_has_its_own_order() -> None:
    """
    A fallback that is cheaper than everything before it is still a fallback.
    """
    found = names("fill", fallback=("sketch",))

    assert found == [*WRITTEN, "gemini-2.5-flash-image", "gemini-3.1-flash-image"]


@pytest.mark.parametrize("word", ["fill", "weighted", "cheapest", "sticky"])
def test_the_regions_of_a_target_stay_together(word: str) -> None:
    """
    Wherever the target comes, its second region comes right after its first.
    """
    for n in range(50):
        found = [hop.region for hop in chain(word, "voice", f"gw_{n}", f"c{n}")]
        assert found.index("eu") == found.index("us") + 1
