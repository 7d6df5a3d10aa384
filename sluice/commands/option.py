"""Options that several commands share, so that they are spelled and explained the same everywhere."""

from pathlib import Path
from typing import Annotated

import typer

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
