"""`sluice deploy`: checks the files, then hands over to the CDK."""

import os
import subprocess
import sys

import typer

from sluice.commands.option import HERE, STACK, Folder, StackName
from sluice.errors import Refused
from sluice.root import CDK, PYTHON, PYTHONPATH, ROOT

PASS_THROUGH = {"allow_extra_args": True, "ignore_unknown_options": True}


def deploy(context: typer.Context, folder: Folder = HERE, stack: StackName = STACK) -> None:
    """Deploy to AWS with your usual credentials. Other options go to `cdk deploy`: `--profile prod`."""
    from sluice.config import BadConfig, read_sound

    try:
        read_sound(folder)
    except BadConfig as bad:
        print("\n".join(map(str, bad.config.problems)), file=sys.stderr)
        raise
    if not CDK.exists():
        raise Refused(f"{CDK} is not installed. Run `make setup` in {ROOT}.")
    command = [str(CDK), "deploy", stack, "--app", f'"{PYTHON}" -m infra.app']
    command += ["-c", f"dir={folder.resolve()}", "-c", f"stack={stack}", *context.args]
    environment = os.environ | {
        "PYTHONPATH": PYTHONPATH,
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20,21,22,23",
    }
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    if code:
        raise typer.Exit(code)
    print("Deployed. `sluice doctor` tells what is still missing.")
