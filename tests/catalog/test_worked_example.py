"""The documentation's example is a provider: its entry compiles beside the shipped ones, its cases play."""

import re
from functools import cache
from typing import Any

import pytest
import yaml

from gateway.plan import Plan
from infra.compile import Source, compile_files
from tests.builders import ROOT, catalog
from tests.protocols import runner

PAGE = (ROOT / "docs/add-a-provider.md").read_text()
ENTRY, CASES, ENABLED = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@cache
def plan() -> Plan:
    """Compile as if the entry had just been put into the catalogue and enabled."""
    result = compile_files(
        Source("routes.yaml", "version: 1\n"),
        Source("providers.yaml", f"version: 1\n{ENABLED}"),
        {**catalog(), "lumen.yaml": ENTRY},
    )
    assert [str(problem) for problem in result.problems] == []
    assert result.plan is not None
    return result.plan


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in yaml.safe_load(CASES)])
def test_a_provider_is_added_by_an_entry_and_its_cases(case: dict[str, Any]) -> None:
    """
    One YAML file and one file of cases, and not a line of code.
    """
    pairs = runner.play(plan(), case)

    assert [came for _, came in pairs] == [wanted for wanted, _ in pairs]


def test_the_example_has_what_every_provider_must_have() -> None:
    """
    All four kinds of cases, and its models under their direct names.
    """
    assert {case["kind"] for case in yaml.safe_load(CASES)} == {"success", "failure", "timeout", "refusal"}
    assert list(plan().routes) == ["lumen/lumen-2"]


def test_a_model_that_you_run_yourself_is_a_provider_by_its_url() -> None:
    """
    As the page has it, in a chain before one of the catalogue's.
    """
    providers, routes = re.findall(
        r"```yaml\n(.*?)```", (ROOT / "docs/your-own-models.md").read_text(), re.DOTALL
    )
    shipped = "  groq: {secret: test/groq}\n"
    backup = "  gpt-oss-120b: {operations: [chat], targets: [groq/openai/gpt-oss-120b]}\n"

    result = compile_files(
        Source("routes.yaml", routes + backup), Source("providers.yaml", providers + shipped), dict(catalog())
    )

    assert [str(problem) for problem in result.problems] == []
    assert result.plan is not None
    assert result.plan.models["in-house/qwen3-32b"].offers["chat"].protocol == "chat"
