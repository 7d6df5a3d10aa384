"""Every broken file gives exactly its reports, every good one a plan."""

from functools import cache
from pathlib import Path

import pytest

from infra.compile.checks import RULES, Rule
from infra.compile.node import empty
from infra.compile.source import Source, parse
from infra.compile.whole import Whole, whole
from tests.compile import cases

BROKEN = sorted((cases.HERE / "broken").glob("*.yaml"))
GOOD = sorted((cases.HERE / "good").glob("*.yaml"))


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_broken_files_are_answered_with_places_and_ways_out(path: Path) -> None:
    """
    The reports are those of the first comment lines, in that order, and nothing is compiled.
    """
    case = cases.read(path)

    compiled = case.compile()

    assert [str(problem) for problem in compiled.problems] == case.expected
    assert compiled.errors
    assert compiled.plan is None
    assert compiled.blueprint is None


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_files_compile_with_no_more_than_their_warnings(path: Path) -> None:
    """
    Unusual but right files give a plan; only the warnings that the case expects are told.
    """
    case = cases.read(path)

    compiled = case.compile()

    assert [str(problem) for problem in compiled.problems] == case.expected
    assert not compiled.errors
    assert compiled.plan is not None
    assert compiled.blueprint is not None


def test_there_are_enough_cases() -> None:
    """
    Nobody empties the folders by mistake.
    """
    assert len(BROKEN) >= 100
    assert len(GOOD) >= 30


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.__module__.split('.')[-1]}.{rule.__name__}")
def test_every_rule_is_shown_to_bite(rule: Rule) -> None:
    """
    Each rule finds something in one of the cases.
    """
    assert any(problem for each in _wholes() for problem in rule(each))


@cache
def _wholes() -> list[Whole]:
    return [_whole(cases.read(path)) for path in (*BROKEN, *GOOD)]


def _whole(case: cases.Case) -> Whole:
    usual = {"routes": cases.ROUTES, "providers": cases.PROVIDERS, "catalog": cases.CATALOG["catalog.yaml"]}
    nodes = {}
    for name, text in (usual | case.sections).items():
        node, _ = parse(Source(f"{name}.yaml", text))
        nodes[name] = node or empty(name)
    return whole(nodes["routes"], nodes["providers"], nodes["catalog"].children, complete=True)
