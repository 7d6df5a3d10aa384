"""`sluice catalogue`: the shipped lists of models, written anew from a price list."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sluice.commands.option import AsJson
from sluice.console import print_json, print_table
from sluice.errors import Refused
from sluice.root import CATALOG

if TYPE_CHECKING:
    from sluice.catalogue.listing import Listing
    from sluice.catalogue.signature import Signature

app = typer.Typer(
    name="catalogue",
    help="The shipped catalogue: lists of models, made from data, so that an update is a diff to read.",
    no_args_is_help=True,
)
_MOST_REASONS = 4


@app.callback()
def group() -> None:
    """Keep ``import`` a command of its own while it is the only one."""


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV of models and prices.", exists=True, dir_okay=False)],
    provider: Annotated[list[str] | None, typer.Option(help="Only this provider; may be repeated.")] = None,
    types: Annotated[
        list[str] | None,
        typer.Option(
            help="`provider=file.d.ts`: what its client in TypeScript declares of inputs and outputs."
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail where a list would change.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write `infra/catalog/models/<provider>.yaml` for every provider of the catalogue that has rows.

    What is written by hand stays as it is. A row that becomes no model is counted with the reason.
    """
    from sluice.catalogue import entries, listing, row

    rows = row.read(file.read_text(encoding="utf-8"))
    signatures = _signatures(types or [])
    known = entries.read(CATALOG)
    if strangers := sorted({*(provider or ()), *signatures} - known.keys()):
        raise Refused(f"the catalogue has no provider {strangers[0]!r}. Known: {', '.join(sorted(known))}.")
    made: dict[str, Listing] = {}
    for name, entry in known.items():
        own = [each for each in rows if each.provider == entry.rows.get("of", name)]
        if own and (not provider or name in provider):
            made[name] = listing.make(entry, own, signatures.get(name, {}))
    changed = [name for name, each in made.items() if _write(name, each, check=check)]
    left = {each.provider for each in rows} - {entry.rows.get("of", name) for name, entry in known.items()}
    _tell(made, changed, sorted(left), as_json=as_json)
    if check and changed:
        raise typer.Exit(1)


def _signatures(types: list[str]) -> "dict[str, dict[str, Signature]]":
    from sluice.catalogue import signature

    found = {}
    for each in types:
        name, equals, path = each.partition("=")
        if not equals or not Path(path).is_file():
            raise Refused(f"--types {each!r}: write it as provider=file.d.ts, with a file that exists.")
        found[name] = signature.read(Path(path).read_text(encoding="utf-8"))
    return found


def _write(name: str, made: "Listing", *, check: bool) -> bool:
    """Write a list, and tell whether it is another than before."""
    path = CATALOG / "models" / f"{name}.yaml"
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if made.text == before or check:
        return made.text != before
    if made.text:
        path.parent.mkdir(exist_ok=True)
        path.write_text(made.text, encoding="utf-8")
    else:
        path.unlink()
    return True


def _tell(made: "dict[str, Listing]", changed: list[str], strangers: list[str], *, as_json: bool) -> None:
    facts: list[dict[str, Any]] = [
        {
            "provider": name,
            "changed": name in changed,
            "models": sum(each.kept.values()),
            "modalities": dict(each.kept),
            "unpriced": dict(each.unpriced.most_common()),
            "left_out": dict(each.left.most_common()),
        }
        for name, each in made.items()
    ]
    if as_json:
        print_json({"providers": facts, "without_entry": strangers})
        return
    print_table(
        ["provider", "models", "unpriced", "left out, and why", ""],
        [
            [
                fact["provider"],
                str(fact["models"]),
                str(sum(fact["unpriced"].values())),
                _reasons(fact["left_out"]),
                "changed" if fact["changed"] else "",
            ]
            for fact in facts
        ],
        empty="No provider of the catalogue has rows in this file.",
    )
    print(f"Rows of {len(strangers)} providers that have no entry are left out: {', '.join(strangers)}.")


def _reasons(left: dict[str, int]) -> str:
    shown = [f"{count} {reason}" for reason, count in list(left.items())[:_MOST_REASONS]]
    more = sum(list(left.values())[_MOST_REASONS:])
    return "\n".join([*shown, *([f"{more} more, see --json"] if more else [])])
