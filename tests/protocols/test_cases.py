"""Every provider's wire format, case by case: the request that goes out, and what the answer means."""

from typing import Any

import pytest

from tests import builders
from tests.protocols import runner

KINDS = {"success", "failure", "timeout", "refusal"}
SHIPPED = runner.shipped_cases()
HOUSE = runner.house_cases()


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{name}: {case['name']}") for name in SHIPPED for case in SHIPPED[name]]
)
def test_a_shipped_provider_is_spoken_to_and_understood(case: dict[str, Any]) -> None:
    """
    Each step asks exactly what the case says, and takes the answer for what the case says.
    """
    pairs = runner.play(builders.catalog_plan(), case)

    assert [came for _, came in pairs] == [wanted for wanted, _ in pairs]


@pytest.mark.parametrize(
    ("house", "case"),
    [pytest.param(name, case, id=f"{name}: {case['name']}") for name in HOUSE for case in HOUSE[name][1]],
)
def test_a_provider_of_the_users_own_is_spoken_to_and_understood(house: str, case: dict[str, Any]) -> None:
    """
    Ways of speaking that no shipped provider has are carried by the same form, from YAML alone.
    """
    pairs = runner.play(HOUSE[house][0], case)

    assert [came for _, came in pairs] == [wanted for wanted, _ in pairs]


@pytest.mark.parametrize("provider", builders.providers())
def test_every_shipped_provider_has_a_case_of_every_kind(provider: str) -> None:
    """
    A catalogue entry is not shipped before its success, failure, timeout and refusal are written down.
    """
    kinds = {case["kind"] for case in SHIPPED.get(provider, [])}

    assert kinds >= KINDS


@pytest.mark.parametrize("provider", sorted(SHIPPED))
def test_every_offered_protocol_is_played_to_its_end(provider: str) -> None:
    """
    No protocol that a model offers is without a case that ends in a result.
    """
    plan = builders.catalog_plan()
    models = [model for model in plan.models.values() if model.provider == provider]
    offered = {offer.protocol for model in models for offer in model.offers.values()}

    played = {
        plan.models[case["model"]].offers[case["operation"]].protocol
        for case in SHIPPED[provider]
        if "done" in case["exchanges"][-1]["means"]
    }

    assert played == offered


@pytest.mark.parametrize("provider", sorted(SHIPPED))
def test_every_callback_is_asked_for_in_a_case(provider: str) -> None:
    """
    Whoever says that a provider calls shows how it is asked to.
    """
    plan = builders.catalog_plan()
    calls = {
        tuple(p.callback.body | p.callback.query)
        for p in plan.providers[provider].protocols.values()
        if p.callback
    }

    asked = set()
    for case in SHIPPED[provider]:
        if case.get("callback"):
            callback = runner.call_of(plan, case).protocol.callback
            asked.add(tuple(callback.body | callback.query) if callback else ())

    assert asked == calls


@pytest.mark.parametrize("provider", sorted(SHIPPED))
def test_a_file_of_cases_plays_its_own_provider_under_names_of_their_own(provider: str) -> None:
    """
    A case stands in its provider's file, and its name says which one it is.
    """
    names = [case["name"] for case in SHIPPED[provider]]

    assert {case["model"].partition("/")[0] for case in SHIPPED[provider]} == {provider}
    assert len(set(names)) == len(names)
