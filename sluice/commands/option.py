"""Options that several commands share, so that they are spelled and explained the same everywhere."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from sluice.errors import Refused
from sluice.root import ROOT

Folder = Annotated[
    Path, typer.Option("--dir", help="Folder of routes.yaml and providers.yaml.", show_default="here")
]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON for programs.")]
StackName = Annotated[str, typer.Option("--stack", help="Name of the CloudFormation stack.")]
StateFolder = Annotated[
    Path, typer.Option("--state", help="Where the local stack keeps its things.", show_default=".sluice")
]
Where = Annotated[
    bool | None,
    typer.Option("--local/--aws", help="Which deployment.", show_default="local if it runs, else AWS"),
]

HERE = Path()
STATE = ROOT / ".sluice"
STACK = "sluice"


def json_object(text: str, option: str) -> dict[str, Any]:
    """Read an option that is a JSON object."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise Refused(f"{option} is not JSON: {error}.") from None
    if not isinstance(value, dict):
        raise Refused(f"{option} is not a JSON object. Write it as '{{\"duration\": 8}}'.")
    return value


def write_files(out: Path, texts: Mapping[str, str]) -> dict[str, str]:
    """Write what a command leaves behind into the folder of its ``--out``; return name -> path."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (out / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refused(f"{out} cannot be written: {error.strerror}. Name another folder with --out.") from None
    return {name: str(out / name) for name in texts}
