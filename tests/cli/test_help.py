"""The tool explains itself, quickly."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from sluice.cli import app
from tests.cli.tool import sluice

COMMANDS = [
    "up", "down", "status", "drill", "validate", "explain", "models", "deploy", "doctor",
    "secrets set", "secrets list", "keys create", "keys list", "keys revoke", "jobs", "jobs show",
    "jobs redrive", "simulate",
]  # fmt: skip
HEAVY = ("aws_cdk", "boto3", "botocore", "yaml", "pydantic", "starlette", "httpx")


def test_help_names_every_command() -> None:
    shown = sluice("--help")

    assert shown.returncode == 0
    assert {command.split()[0] for command in COMMANDS} <= set(shown.stdout.replace("│", " ").split())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    shown = CliRunner().invoke(app, [*command.split(), "--help"])

    assert shown.exit_code == 0
    assert "Usage:" in shown.stdout


def test_starting_the_tool_imports_nothing_heavy() -> None:
    code = f"import sys, sluice.cli; print([m for m in {HEAVY!r} if m in sys.modules])"

    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_path()
    )

    assert shown.stdout.strip() == "[]"


def _path() -> dict[str, str]:
    from sluice.root import PYTHONPATH

    return {"PYTHONPATH": PYTHONPATH}
