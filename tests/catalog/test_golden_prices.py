"""The shipped prices against a table that was worked out from their sources, to the micro-dollar."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.domain import pricing, request
from gateway.domain.job import Artifact
from gateway.domain.media import MODALITIES
from gateway.plan import Model
from tests.builders import catalog_plan

SIZES = {
    "360p": (640, 360),
    "480p": (854, 480),
    "512p": (910, 512),
    "540p": (960, 540),
    "580p": (1032, 580),
    "720p": (1280, 720),
    "768p": (1366, 768),
    "1080p": (1920, 1080),
    "1440p": (2560, 1440),
    "2k": (2560, 1440),
    "2160p": (3840, 2160),
    "4k": (3840, 2160),
}
PRICED = {
    "bfl", "bytedance-ark", "deepgram", "elevenlabs", "fal", "google", "ideogram", "kling", "minimax",
    "openai", "pixverse", "recraft", "replicate", "runway", "stability", "vertex", "xai",
}  # fmt: skip
Case = dict[str, Any]


@cache
def golden() -> list[Case]:
    """Read the table, a case for each of its lines."""
    groups = yaml.load((Path(__file__).parent / "golden_prices.yaml").read_text(), yaml.CSafeLoader)
    return [{**group, **case} for group in groups for case in group["cases"]]


def priced(case: Case) -> tuple[Model, dict[str, Any]]:
    """Return a case's model, and what it is asked for with its defaults."""
    given = dict(case["given"])
    if isinstance(given.get("prompt", 1), int):
        given["prompt"] = "x" * given.get("prompt", 12)
    model = catalog_plan().models[case["model"]]
    fit = request.fit(model, case["operation"], given, {})
    assert not fit.problems
    return model, fit.arguments


def files(operation: str, facts: dict[str, Any]) -> tuple[Artifact, ...]:
    """Make what is delivered for it."""
    if MODALITIES[operation] == "video":
        size = SIZES[str(facts.get("resolution", "720p")).lower()]
        return (Artifact("k", "video/mp4", 9, "s", *size, duration_s=float(facts.get("duration", 5))),)
    kind = {"image": "image/png", "audio": "audio/mpeg"}[MODALITIES[operation]]
    return (Artifact("k", kind, 9, "s"),) * int(facts.get("n", 1))


@pytest.mark.parametrize(
    "case", golden(), ids=lambda case: f"{case['model']} {case['operation']} {case['given']}"
)
def test_a_delivered_job_costs_what_its_source_says(case: Case) -> None:
    """
    By the files that came, and by what the provider counted.
    """
    model, facts = priced(case)
    came = files(case["operation"], facts)

    units = pricing.delivered_units(facts, came, case.get("used", {}))
    lines = pricing.cost_lines(model, pricing.delivered_facts(facts, came, model), units)

    assert (None if lines is None else sum(line.micros for line in lines)) == case["micros"]


@pytest.mark.parametrize(
    "case",
    [case for case in golden() if "used" not in case],
    ids=lambda case: f"{case['model']} {case['operation']} {case['given']}",
)
def test_the_estimate_before_is_the_same(case: Case) -> None:
    """
    Where nothing is counted that only the provider knows.
    """
    assert pricing.estimate(*priced(case)) == case["micros"]


def test_the_table_is_large_and_leaves_nobody_out() -> None:
    """
    At least a hundred and fifty cases, each with where its price was read; all who sell by a list price.
    """
    cases = golden()
    seen = {(case["model"], case["operation"], str(case["given"])) for case in cases}

    assert len(seen) == len(cases) >= 150
    assert {case["model"].partition("/")[0] for case in cases} >= PRICED
    assert all("20" in case["source"] for case in cases)
