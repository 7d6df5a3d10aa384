"""`sluice validate`: everything that is wrong with the files, at once."""

from dataclasses import asdict

import typer

from sluice.commands.option import HERE, AsJson, Folder
from sluice.console import print_json


def validate(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Check your files: every problem with its place and a way out. Exit code 1 on errors."""
    from sluice.config import read

    config = read(folder)
    plan = config.plan
    if as_json:
        problems = [asdict(problem) | {"message": str(problem)} for problem in config.problems]
        print_json({"ok": not config.is_broken, "problems": problems})
    else:
        for problem in config.problems:
            print(f"{'warning: ' if problem.level == 'warning' else ''}{problem}")
        if plan and not config.is_broken:
            named = len(plan.routes.keys() - plan.models.keys())
            print(
                f"OK: {named} models ({len(plan.routes)} with direct names), {len(plan.providers)} providers."
            )
    if config.is_broken:
        raise typer.Exit(1)
