"""`sluice models`: what callers may ask for, from the files."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sluice.commands.option import HERE, AsJson, Folder
from sluice.console import print_json, print_table

if TYPE_CHECKING:
    from gateway.plan import Plan, PriceLine, Route

_MICROS = 1_000_000


def models(
    folder: Folder = HERE,
    everything: Annotated[bool, typer.Option("--all", help="Also the `<provider>/<model>` names.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the models that your files offer: operations, providers in order, list prices."""
    from sluice.config import read_sound

    plan, _ = read_sound(folder)
    routes = [route for route in plan.routes.values() if everything or not _is_direct(plan, route)]
    rows = [_row(plan, route) for route in routes]
    if as_json:
        print_json(rows)
        return
    print_table(
        ["model", "operations", "targets", "price of the first target"],
        [
            [row["id"], ", ".join(row["operations"]), "\n".join(row["targets"]), "\n".join(row["prices"])]
            for row in rows
        ],
        empty="No models. Add one to routes.yaml, or see `sluice models --all`.",
    )


def _is_direct(plan: "Plan", route: "Route") -> bool:
    return route.name in plan.models


def _row(plan: "Plan", route: "Route") -> dict[str, Any]:
    prices = plan.model_of(route.targets[0]).prices
    return {
        "id": route.name,
        "operations": list(route.operations),
        "targets": [f"{target.provider}/{target.model}" for target in route.targets],
        "fallback": list(route.fallback),
        "prices": [_spoken(line) for line in prices] or ["unpriced"],
    }


def _spoken(line: "PriceLine") -> str:
    """Say a price line, as ``$0.134 / output_image (resolution 1K or 2K)``."""
    usd = f"{line.micros / _MICROS:.6f}".rstrip("0").rstrip(".")
    units = line.meter if line.per == 1 else f"{line.per:,} {line.meter}"
    when = "; ".join(f"{name} {' or '.join(values)}" for name, values in line.when.items())
    return f"${usd} / {units}{f' ({when})' if when else ''}"
