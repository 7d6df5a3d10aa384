"""The rules of the layout, each checked by a machine."""

import ast
import doctest
import importlib
import json
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import gateway

ROOT = Path(__file__).parents[2]
LINES = 300
SOURCES = sorted(path for part in ("functions", "infra", "sluice") for path in (ROOT / part).rglob("*.py"))
# How providers are spoken to is what most people come to read, and to add to.
PROTOCOLS = ROOT / "functions/gateway/protocols"
LINES_OF_A_PROTOCOL = 150
TESTS = sorted((ROOT / "tests").rglob("*.py"))
# Dear at start-up, or no business of the run time at all.
FORBIDDEN = {"pydantic", "yaml", "aws_cdk", "httpx", "boto3", "infra"}
MODULES = [info.name for info in pkgutil.walk_packages(gateway.__path__, "gateway.")]
TESTED_BY_NAME = [name for name in MODULES if not name.startswith("gateway.handlers")]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT / 'functions'}:{ROOT}"}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_imports_go_one_way() -> None:
    """
    All contracts of ``pyproject.toml`` are kept.
    """
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]

    done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_a_module_is_read_in_one_sitting(path: Path) -> None:
    """
    None is longer than the house style allows.
    """
    assert len(path.read_text().splitlines()) <= LINES


@pytest.mark.parametrize("path", [p for p in SOURCES if p.is_relative_to(PROTOCOLS)], ids=named)
def test_a_protocol_is_read_at_a_glance(path: Path) -> None:
    """
    None of its modules is longer than what the house style aims at.
    """
    assert len(path.read_text().splitlines()) <= LINES_OF_A_PROTOCOL


@pytest.mark.parametrize("module", ["gateway.plan", "gateway.flow.accept", "gateway.protocols.steps"])
def test_the_run_time_starts_without_the_tools_of_the_compiler(module: str) -> None:
    """
    A fresh interpreter that loads the module has loaded none of what makes a start slow.
    """
    script = (
        f"import sys, json, {module}; print(json.dumps(sorted(m.partition('.')[0] for m in sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True
    )

    assert not FORBIDDEN & set(json.loads(done.stdout))


@pytest.mark.parametrize("name", TESTED_BY_NAME)
def test_examples_in_docstrings_are_true(name: str) -> None:
    """
    What a docstring shows is what happens.
    """
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples_to_run() -> None:
    """
    The check above would be green without any.
    """
    finder = doctest.DocTestFinder()
    found = [
        test
        for name in TESTED_BY_NAME
        for test in finder.find(importlib.import_module(name))
        if test.examples
    ]

    assert len(found) >= 5


@pytest.mark.parametrize("path", TESTS, ids=named)
def test_a_test_patches_nothing(path: Path) -> None:
    """
    Fakes are passed in: no mock, and no attribute of a module is exchanged under its feet.
    """
    tree = ast.parse(path.read_text())

    assert [fault for node in ast.walk(tree) if (fault := patched(node))] == []


def patched(node: ast.AST) -> str:
    """Name what a piece of a test exchanges, or nothing; the environment and the folder may be changed."""
    match node:
        case ast.Import(names=names) if any(
            each.name.startswith(("unittest.mock", "mock")) for each in names
        ):
            return f"line {node.lineno}: imports mock"
        case ast.ImportFrom(module="unittest.mock" | "mock"):
            return f"line {node.lineno}: imports mock"
        case ast.ImportFrom(module="unittest", names=names) if "mock" in {each.name for each in names}:
            return f"line {node.lineno}: imports mock"
        case ast.Attribute(value=ast.Name(id="monkeypatch"), attr="setattr"):
            return f"line {node.lineno}: monkeypatch.setattr"
    return ""


@pytest.mark.parametrize(
    "source",
    [
        "import unittest.mock",
        "from unittest import mock",
        "from unittest.mock import patch",
        "monkeypatch.setattr(a, 'b', 1)",
    ],
)
def test_the_check_on_patches_bites(source: str) -> None:
    """
    Each way of exchanging something is seen.
    """
    assert any(patched(node) for node in ast.walk(ast.parse(source)))


def test_a_change_of_the_environment_is_no_patch() -> None:
    """
    Settings come from the environment, so a test may set it.
    """
    tree = ast.parse("monkeypatch.setenv('A', '1'); monkeypatch.chdir('/')")

    assert not any(patched(node) for node in ast.walk(tree))


# Forms that callers and providers speak, called after who made them first; and a service of AWS.
FORMS = {"openai", "anthropic", "segmind", "google", "lambda"}
# The sandbox plays providers as their own SDKs know them.
PLAYED = ROOT / "sluice/sandbox/dialects"
UNPLAYED = [path for path in SOURCES if not path.is_relative_to(PLAYED)]


@pytest.mark.parametrize("path", UNPLAYED, ids=named)
def test_the_code_knows_no_provider_by_name(path: Path) -> None:
    """
    A provider is data: no line of code decides by one.
    """
    providers = {file.stem for file in (ROOT / "infra/catalog").glob("*.yaml")} - FORMS
    words = [node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)]

    assert [word for word in words if isinstance(word, str) and word.strip("/ ") in providers] == []
