"""The models that are used most, against what their providers publish."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.domain import pricing, request
from tests.builders import catalog_plan

CASES = yaml.load((Path(__file__).parent / "most_used.yaml").read_text(), yaml.CSafeLoader)


def test_there_are_twenty() -> None:
    """
    The table was written by hand, and nobody shortens it unseen.
    """
    assert len({case["model"] for case in CASES}) >= 20


@pytest.mark.parametrize("case", [pytest.param(c, id=f"{c['model']} {c['asked']}") for c in CASES])
def test_a_usual_call_costs_what_the_provider_publishes(case: dict[str, Any]) -> None:
    """
    To the micro-dollar, for the parameters that are asked for and the defaults of the others.
    """
    model = catalog_plan().models[case["model"]]
    asked = {**case["asked"]}
    if asked.get("prompt") == "1000 characters":
        asked["prompt"] = "x" * 1000
    known = request.parameters_of(model, next(iter(model.offers)))
    defaults = {name: parameter.default for name, parameter in known.items() if parameter.default is not None}

    micros = pricing.estimate(model, {**defaults, **asked})

    assert set(asked) - {"prompt"} <= known.keys() | {"n"}
    assert (None if micros is None else pricing.usd(micros)) == case["usd"]
