"""The shipped provider files: each is whole by itself."""

from pathlib import Path

import pytest

from gateway.plan import Plan
from infra.compile import Source, compile_files
from infra.compile.node import Node
from infra.compile.source import parse

# What words are given under, where it is not ``prompt``.
WORDS = {"chat": "messages", "embedding": "input"}
FILES = sorted((Path(__file__).parents[2] / "infra/catalog").glob("*.yaml"))
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def plan_of(path: Path) -> Plan:
    """Compile one file alone, with its provider enabled and nothing else."""
    result = compile_files(
        Source("routes.yaml", "version: 1\n"),
        Source("providers.yaml", f"version: 1\nproviders:\n  {path.stem}: {{secret: test/{path.stem}}}\n"),
        {path.name: path.read_text()},
    )
    assert [str(problem) for problem in result.problems] == []
    assert result.plan is not None
    return result.plan


def models_of(path: Path) -> dict[str, Node]:
    """Read a file's models as they are written."""
    node, problems = parse(Source(path.name, path.read_text()))
    assert problems == []
    assert node is not None
    return node.at(path.stem, "models").children


def test_there_are_files() -> None:
    """
    Nobody moves the catalogue without its tests.
    """
    assert FILES


@every_file
def test_file_compiles_alone(path: Path) -> None:
    """
    A provider needs no other, and its file has neither errors nor warnings.
    """
    plan = plan_of(path)

    assert list(plan.providers) == [path.stem]
    assert plan.models


@every_file
def test_file_is_named_like_its_only_entry(path: Path) -> None:
    """
    Whoever looks for a provider finds its file.
    """
    node, _ = parse(Source(path.name, path.read_text()))

    assert node is not None
    assert list(node.children) == [path.stem]


@every_file
def test_prices_have_a_source_or_are_said_to_be_missing(path: Path) -> None:
    """
    A model without a price says so with an empty list; every line says where it was read.
    """
    written = {name: model.at("prices").value for name, model in models_of(path).items()}
    lines = [line for model in plan_of(path).models.values() for line in model.prices]

    assert [name for name, prices in written.items() if not isinstance(prices, list)] == []
    assert all(line.source and line.as_of and line.micros > 0 for line in lines)


@every_file
def test_file_says_where_its_facts_are_from(path: Path) -> None:
    """
    The first lines name the wire's source and the day it was read.
    """
    head = [line for line in path.read_text().splitlines() if line.startswith("#")]

    assert any("Wire:" in line for line in head)
    assert any("read 20" in line for line in head)


@every_file
def test_models_take_a_prompt(path: Path) -> None:
    """
    Every model that makes something from words takes them under the one name for words of its operation.
    """
    models = plan_of(path).models

    lacking = [
        f"{key}: {WORDS.get(operation, 'prompt')}"
        for key, model in models.items()
        for operation in model.offers
        if WORDS.get(operation, "prompt") not in model.parameters
    ]
    assert lacking == []


def test_an_entry_without_its_models_is_short() -> None:
    """
    How a provider is spoken to fits on half a page: the median is at most thirty lines.
    """
    sizes = sorted(len(entry_lines(path)) for path in FILES)

    assert sizes[len(sizes) // 2] <= 30


def entry_lines(path: Path) -> list[str]:
    """Return an entry's lines above its models, without comments."""
    above = path.read_text().partition("\n  models:\n")[0].splitlines()
    return [line for line in above if not line.lstrip().startswith("#")]
