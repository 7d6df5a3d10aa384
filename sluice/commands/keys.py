"""`sluice keys`: who may call. Only a hash is stored, so a key's text is shown once."""

from pathlib import Path
from typing import Annotated, Any

import typer

from sluice.commands.deployment import find
from sluice.commands.option import HERE, STACK, STATE, AsJson, Folder, StackName, StateFolder, Where
from sluice.console import print_json, print_table
from sluice.errors import Refused

app = typer.Typer(no_args_is_help=True, help="Create, list and revoke the keys of callers.")
_SHOWN = ("id", "name", "tenant", "tier", "scopes", "created_at", "disabled")


@app.command()
def create(
    name: Annotated[str, typer.Option(help="What the key is for.")],
    tier: Annotated[str, typer.Option(help="A tier of routes.yaml.")],
    tenant: Annotated[str, typer.Option(help="Whom it belongs to.")] = "default",
    folder: Folder = HERE,
    admin: Annotated[bool, typer.Option("--admin", help="May also administer the gateway.")] = False,
    stack: StackName = STACK,
    local: Where = None,
    state: StateFolder = STATE,
    as_json: AsJson = False,
) -> None:
    """Create a key and print it: the only time that it can be seen."""
    _check_tier(folder, tier)
    scopes = ("submit", "read", *(("admin",) if admin else ()))
    key_id, key = find(stack, local, state).keys.create(name=name, tenant=tenant, tier=tier, scopes=scopes)
    if as_json:
        print_json({"id": key_id, "key": key, "name": name, "tenant": tenant, "tier": tier, "scopes": scopes})
    else:
        print(key)


@app.command("list")
def list_(
    stack: StackName = STACK, local: Where = None, state: StateFolder = STATE, as_json: AsJson = False
) -> None:
    """List the keys, without their text, which nobody has."""
    found = [_shown(key) for key in find(stack, local, state).keys.list()]
    if as_json:
        print_json(found)
        return
    rows = [
        [*(key[name] for name in _SHOWN[:-1]), "revoked" if key["disabled"] else "active"] for key in found
    ]
    print_table([*_SHOWN[:-1], "state"], rows, empty="No keys. `sluice keys create --name app --tier pro`.")


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `sluice keys list` shows it.")],
    stack: StackName = STACK,
    local: Where = None,
    state: StateFolder = STATE,
) -> None:
    """Refuse a key from now on; gateways may still know it for 60 seconds."""
    if not find(stack, local, state).keys.disable(key_id):
        raise Refused(f"no key has the id {key_id!r}. `sluice keys list` shows all.")
    print(f"{key_id} is revoked.")


def _check_tier(folder: Path, tier: str) -> None:
    """Refuse a tier that the files do not have; where there are no files, the tier is taken as said."""
    from sluice.config import read

    if not (folder / "routes.yaml").is_file():
        return
    plan = read(folder).plan
    if plan and plan.tiers and tier not in plan.tiers:
        raise Refused(f"unknown tier {tier!r}. routes.yaml has: {', '.join(plan.tiers)}.")


def _shown(key: dict[str, Any]) -> dict[str, Any]:
    return {name: key.get(name) for name in _SHOWN}
