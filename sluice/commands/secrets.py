"""`sluice secrets`: the providers' keys in Secrets Manager. A value goes in, and never comes out here."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sluice.commands.deployment import Deployment, find
from sluice.commands.option import HERE, STACK, STATE, AsJson, Folder, StackName, StateFolder, Where
from sluice.console import print_json, print_table
from sluice.errors import Refused

if TYPE_CHECKING:
    from gateway.plan import Plan

app = typer.Typer(no_args_is_help=True, help="Store the providers' keys, under the names in providers.yaml.")


@app.command("set")
def set_(
    provider: Annotated[str, typer.Argument(help="A provider of providers.yaml.")],
    from_env: Annotated[str, typer.Option(metavar="VAR", help="Take the key from this variable.")] = "",
    from_file: Annotated[Path | None, typer.Option("--file", help="Take the key from this file.")] = None,
    folder: Folder = HERE,
    stack: StackName = STACK,
    local: Where = None,
    state: StateFolder = STATE,
) -> None:
    """Store a provider's key: typed unseen, piped in, or from a variable or a file. It is never printed."""
    from sluice.local.seed import put_secret

    name = _name_of(_plan(folder), provider)
    deployment = find(stack, local, state)
    put_secret(deployment.client("secretsmanager"), name, _value(provider, from_env, from_file))
    print(f"Stored the key of {provider!r} as {name} ({'local stack' if deployment.is_local else 'AWS'}).")


@app.command("list")
def list_(
    folder: Folder = HERE,
    stack: StackName = STACK,
    local: Where = None,
    state: StateFolder = STATE,
    as_json: AsJson = False,
) -> None:
    """Show which providers have their key. Exit code 1 if one has none."""
    plan, deployment = _plan(folder), find(stack, local, state)
    manager = deployment.client("secretsmanager")
    found = [
        {"provider": name, "secret": provider.secret, "present": is_filled(manager, provider.secret)}
        for name, provider in plan.providers.items()
    ]
    if as_json:
        print_json(found)
    else:
        rows = [
            [each["provider"], each["secret"], "there" if each["present"] else "missing"] for each in found
        ]
        print_table(["provider", "secret", "key"], rows, empty="providers.yaml enables no provider.")
    if not all(each["present"] for each in found):
        raise typer.Exit(1)


def is_filled(manager: Any, name: str) -> bool:
    """Tell whether a secret is there and holds something."""
    try:
        return bool(manager.get_secret_value(SecretId=name).get("SecretString", "").strip())
    except manager.exceptions.ResourceNotFoundException:
        return False


def mend(deployment: Deployment, provider: str) -> str:
    """Return the command that stores a missing key."""
    return f"sluice secrets set {provider} {deployment.flag}"


def _plan(folder: Any) -> "Plan":
    from sluice.config import read_sound

    return read_sound(folder)[0]


def _name_of(plan: "Plan", provider: str) -> str:
    if provider not in plan.providers:
        raise Refused(
            f"unknown provider {provider!r}. providers.yaml has: {', '.join(sorted(plan.providers))}."
        )
    return plan.providers[provider].secret


def _value(provider: str, from_env: str, from_file: Path | None) -> str:
    if from_env and from_file:
        raise Refused("--from-env and --file are two places for one key. Name one of them.")
    if from_file:
        value = _text_of(from_file)
    elif from_env:
        value = os.environ.get(from_env, "")
    elif sys.stdin.isatty():
        value = typer.prompt(f"Key of {provider}", hide_input=True)
    else:
        value = sys.stdin.read()
    if not value.strip():
        raise Refused(f"the key of {provider!r} is empty{f': {from_env} is not set' if from_env else ''}.")
    return str(value).strip()


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise Refused(f"{path} cannot be read as text.") from None
