"""Money: list price by meter, exact to the micro; what has no price is not free."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import pricing
from gateway.domain.job import Artifact, CostLine
from gateway.plan import Model, Parameter, PriceLine
from tests import builders

SOURCE = "https://example.com/prices"


def line(
    meter: str, micros: int, per: int = 1, typical: int | None = None, **when: tuple[str, ...]
) -> PriceLine:
    return PriceLine(meter, micros, per, "2026-11-22", SOURCE, when, typical)


def model(*prices: PriceLine) -> Model:
    return Model("m", "p", {}, {}, prices)


def shipped(name: str) -> Model:
    return builders.shipped_plan().models[name]


def clip(width: int = 1920, height: int = 1080, seconds: float = 8.0) -> Artifact:
    return Artifact("k.mp4", "video/mp4", 9, "0", width, height, seconds)


def picture(width: int = 1024, height: int = 1024) -> Artifact:
    return Artifact("k.png", "image/png", 9, "0", width, height)


def total(lines: tuple[CostLine, ...] | None) -> int | None:
    return None if lines is None else sum(each.micros for each in lines)


@pytest.mark.parametrize(
    ("name", "facts", "micros"),
    [
        ("google/veo-3.1-generate-001", {"resolution": "720p", "duration": 8}, 3_200_000),
        ("google/veo-3.1-generate-001", {"resolution": "4k", "duration": 8}, 4_800_000),
        ("google/veo-3.1-fast-generate-001", {"resolution": "1080p", "duration": 6}, 720_000),
        ("google/gemini-2.5-flash-image", {}, 39_000),
        ("google/gemini-3-pro-image", {"resolution": "2K"}, 134_000),
        ("google/gemini-3-pro-image", {"resolution": "4K"}, None),
        ("fal/fal-ai/nano-banana-pro", {"n": 3, "resolution": "4K"}, 900_000),
        ("fal/fal-ai/nano-banana-pro", {"n": 3, "resolution": "1K"}, 450_000),
        ("fal/openai/gpt-image-2", {"n": 1, "quality": "low", "size": "1024x1536"}, 5_000),
        ("fal/fal-ai/veo3.1", {"duration": 8}, None),
        ("kling/kling-v3", {"duration": 5}, None),
        ("elevenlabs/eleven_v4", {"prompt": "x" * 1000}, 80_000),
        ("openai/tts-1", {"prompt": "x" * 10}, 150),
        ("openai/gpt-image-2", {"n": 1, "quality": "medium"}, 100 * 5 + 1062 * 30),
        ("openai/gpt-image-2", {"n": 2, "quality": "high"}, 2 * (100 * 5 + 4156 * 30)),
    ],
)
def test_an_estimate_is_the_list_price_of_what_was_asked(
    name: str, facts: dict[str, Any], micros: int | None
) -> None:
    """
    Worked out by hand from the catalogue's lines, in millionths of a dollar.
    """
    assert pricing.estimate(shipped(name), facts) == micros


def test_the_first_line_whose_conditions_hold_wins() -> None:
    """
    Later lines of the same meter are for what the earlier ones leave over.
    """
    priced = model(
        line("output_second", 9, quality=("high",), resolution=("4k",)),
        line("output_second", 5, resolution=("4k", "1080p")),
        line("output_second", 1),
    )

    found = [
        total(pricing.cost_lines(priced, facts, {"output_second": 2}))
        for facts in (
            {"quality": "high", "resolution": "4k"},
            {"resolution": "1080p"},
            {"resolution": "720p"},
            {},
        )
    ]

    assert found == [18, 10, 2, 2]


@pytest.mark.parametrize(
    ("value", "written"), [(True, "true"), (False, "false"), (5, "5"), (0.5, "0.5"), ("4k", "4k")]
)
def test_a_condition_compares_values_as_the_catalogue_spells_them(value: Any, written: str) -> None:
    """
    A condition is text in the catalogue; a switch is spelled ``true`` there, as everywhere else in it.
    """
    priced = model(line("request", 7, sound=(written,)))

    assert total(pricing.cost_lines(priced, {"sound": value}, {"request": 1})) == 7


def test_what_has_no_price_is_not_free() -> None:
    """
    No line at all, and no line that applies, are both unknown, never zero.
    """
    conditional = model(line("output_second", 5, resolution=("4k",)))

    assert pricing.cost_lines(model(), {}, {"output_second": 2}) is None
    assert pricing.cost_lines(conditional, {"resolution": "720p"}, {"output_second": 2}) is None
    assert pricing.estimate(model(), {}) is None


@pytest.mark.parametrize(
    ("units", "micros", "per", "cost"),
    [
        (8, 400_000, 1, 3_200_000),
        (8.04, 400_000, 1, 3_216_000),
        (1, 1, 2, 1),
        (1, 1, 3, 0),
        (3, 1, 2, 2),
        (0.1, 3, 1, 0),
        (1_000_000, 30_000_000, 1_000_000, 30_000_000),
        (7, 5_000_000, 1_000_000, 35),
    ],
)
def test_a_price_is_exact_and_rounds_half_up_to_a_micro(
    units: float, micros: int, per: int, cost: int
) -> None:
    """
    No binary fraction comes in between: 8.04 s are 8.04 s.
    """
    lines = pricing.cost_lines(model(line("output_second", micros, per)), {}, {"output_second": units})

    assert total(lines) == cost


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["request", "output_image", "input_token"]),
            st.integers(0, 10**7),
            st.integers(1, 10**6),
        ),
        max_size=6,
    ),
    st.dictionaries(st.sampled_from(["request", "output_image", "input_token"]), st.integers(0, 10**6)),
)
def test_a_bill_has_one_line_a_meter_and_is_their_sum(
    prices: list[tuple[str, int, int]], units: dict[str, int]
) -> None:
    """
    Every line is its units at its price within half a micro, and no meter is billed twice.
    """
    priced = model(*(line(*price) for price in prices))

    lines = pricing.cost_lines(priced, {}, units) or ()

    assert len({each.meter for each in lines}) == len(lines)
    assert all(abs(each.micros * each.per - each.units * each.unit_micros) * 2 <= each.per for each in lines)
    assert abs(
        sum(each.micros for each in lines) - sum(each.units * each.unit_micros / each.per for each in lines)
    ) <= len(lines)


def test_a_line_says_where_its_price_was_read_and_when() -> None:
    """
    A bill can be checked against its source.
    """
    (found,) = pricing.cost_lines(model(line("request", 7)), {}, {"request": 1}) or ()

    assert found == CostLine("request", 1, 7, 1, 7, f"{SOURCE} 2026-11-22")


def test_units_are_those_of_the_delivered_files() -> None:
    """
    Seconds and pixels come from the files; what the provider counted itself is taken as it is.
    """
    facts = {"prompt": "a fox"}

    clips = pricing.delivered_units(facts, (clip(seconds=8.037), clip(seconds=2.0)), {"output_token": 7})
    pictures = pricing.delivered_units(facts, (picture(), picture(512, 512)), {})

    assert (clips["output_second"], clips["output_image"], clips["output_token"]) == (10.04, 0, 7)
    assert (pictures["output_image"], pictures["output_megapixel"], pictures["request"]) == (2, 1.31, 1)
    assert clips["input_character"] == 5


@pytest.mark.parametrize(
    ("asked", "width", "height", "billed"),
    [
        ("1080p", 1280, 720, "720p"),
        ("720p", 1920, 1080, "1080p"),
        ("720p", 3840, 2160, "4k"),
        ("1080p", 1080, 1920, "1080p"),
        ("1080p", 864, 480, "480p"),
        ("720p", 1248, 704, "720p"),
        ("1080p", 1920, 1088, "1080p"),
        ("720p", 1504, 640, "720p"),
        ("1080p", 2176, 928, "1080p"),
        ("480p", 640, 640, "480p"),
        ("480p", 752, 560, "480p"),
        ("720p", 960, 960, "720p"),
        ("720p", 1112, 834, "720p"),
        ("1080p", 1440, 1440, "1080p"),
    ],
)
def test_the_delivered_resolution_decides(asked: str, width: int, height: int, billed: str) -> None:
    """
    A clip is billed as what it is, in any shape: a square has the pixels of a wide clip, not its lines.

    Source: sizes of Seedance, apidoc.cometapi.com/api/video/seedance/create, read 2026-11-23.
    """
    facts = pricing.delivered_facts({"resolution": asked}, (clip(width, height),))

    assert facts == {"resolution": billed}


@pytest.mark.parametrize(
    ("sold", "asked", "width", "height", "billed"),
    [
        (("768p", "2k"), "2k", 2560, 1440, "2k"),
        (("768p", "2k"), "2k", 1366, 768, "768p"),
        (("540p", "720p", "1080p", "4k"), "540p", 960, 540, "540p"),
        (("720p", "1080p"), "1080p", 864, 480, "720p"),
        (("hd", "fhd"), "fhd", 1280, 720, "fhd"),
    ],
)
def test_the_delivered_resolution_is_one_that_the_model_has(
    sold: tuple[str, ...], asked: str, width: int, height: int, billed: str
) -> None:
    """
    Prices go by the model's own names: the nearest of them holds, and names without a size stay as asked.
    """
    model = Model("m", "p", {}, {"resolution": Parameter(enum=sold)})

    facts = pricing.delivered_facts({"resolution": asked}, (clip(width, height),), model)

    assert facts == {"resolution": billed}


def test_a_resolution_that_nobody_measured_stays_as_it_was_asked() -> None:
    """
    Pictures, sounds and clips of unknown size change nothing, nor does a model without resolutions.
    """
    sound = Artifact("k.mp3", "audio/mpeg", 9, "0", duration_s=3.0)
    unknown = Artifact("k.webm", "video/webm", 9, "0")

    assert pricing.delivered_facts({"resolution": "4k"}, (picture(), sound, unknown)) == {"resolution": "4k"}
    assert pricing.delivered_facts({"duration": 8}, (clip(),)) == {"duration": 8}


@pytest.mark.parametrize(
    ("micros", "per", "shown"),
    [
        (400_000, 1, "0.400000"),
        (0, 1, "0.000000"),
        (80_000, 1000, "0.000080"),
        (1, 3, "0.0000003333333333333333333333333333"),
    ],
)
def test_a_unit_price_shows_all_its_places(micros: int, per: int, shown: str) -> None:
    """
    Six places at least, more where a unit costs a fraction of a micro.
    """
    assert pricing.unit_usd(micros, per) == shown
