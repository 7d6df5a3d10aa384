"""The commands that people type: each a module of ``sluice.commands``, heavy imports only when run."""

import sys

import typer

from sluice.commands import (
    catalogue,
    deploy,
    doctor,
    drill,
    explain,
    jobs,
    keys,
    local,
    models,
    secrets,
    simulate,
    validate,
)
from sluice.errors import Refused, tail

INTERRUPTED = 130

app = typer.Typer(
    name="sluice",
    help="Sluice: the AI gateway for media models, in your own AWS account.\n\n"
    "Write routes.yaml and providers.yaml, then `sluice up` (local) or `sluice deploy` (AWS).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
_LOCAL, _FILES, _RUNNING = (
    "On this machine",
    "Your files",
    "A deployment (the local stack if it runs, else AWS)",
)
app.command("up", rich_help_panel=_LOCAL)(local.up)
app.command("down", rich_help_panel=_LOCAL)(local.down)
app.command("status", rich_help_panel=_LOCAL)(local.status)
app.command("drill", rich_help_panel=_LOCAL)(drill.drill)
app.command("validate", rich_help_panel=_FILES)(validate.validate)
app.command("explain", rich_help_panel=_FILES)(explain.explain)
app.command("simulate", rich_help_panel=_FILES)(simulate.simulate)
app.command("models", rich_help_panel=_FILES)(models.models)
app.command("deploy", rich_help_panel=_RUNNING, context_settings=deploy.PASS_THROUGH)(deploy.deploy)
app.command("doctor", rich_help_panel=_RUNNING)(doctor.doctor)
app.add_typer(catalogue.app, name="catalogue", rich_help_panel=_FILES)
app.add_typer(secrets.app, name="secrets", rich_help_panel=_RUNNING)
app.add_typer(keys.app, name="keys", rich_help_panel=_RUNNING)
app.add_typer(jobs.app, name="jobs", rich_help_panel=_RUNNING)


def main() -> None:
    """Run one command, and turn what it cannot do into a message and an exit code."""
    try:
        app()
    except SystemExit as ended:
        if ended.code == INTERRUPTED:  # how Typer ends on Ctrl-C, without a word
            print("Interrupted. What this command had started is stopped.", file=sys.stderr)
        raise
    except Refused as refused:
        _tell(refused)
        sys.exit(1)
    except Exception as error:
        if not type(error).__module__.startswith("botocore."):
            raise
        print(f"error: AWS refused: {error}", file=sys.stderr)
        sys.exit(1)


def _tell(refused: Refused) -> None:
    if refused.log and (lines := tail(refused.log)):
        print(f"{lines}\n", file=sys.stderr)
    place = f" The last lines of {refused.log} are above." if refused.log else ""
    print(f"error: {refused}{place}", file=sys.stderr)
