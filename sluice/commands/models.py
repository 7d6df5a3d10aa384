"""`sluice models`: what callers may ask for, from the files or from the whole catalogue."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sluice.commands.option import HERE, AsJson, Folder
from sluice.console import print_json, print_table
from sluice.errors import Refused

if TYPE_CHECKING:
    from gateway.plan import Plan, PriceLine, Route

_MICROS = 1_000_000


def models(
    folder: Folder = HERE,
    everything: Annotated[bool, typer.Option("--all", help="Also the `<provider>/<model>` names.")] = False,
    catalogue: Annotated[
        bool, typer.Option("--catalogue", help="All that is shipped, also of providers that are not enabled.")
    ] = False,
    operation: Annotated[str, typer.Option(help="Only models for it, such as `text_to_video`.")] = "",
    provider: Annotated[str, typer.Option(help="Only models that this provider serves.")] = "",
    modality: Annotated[
        str, typer.Option(help="Only what makes this: image, video, audio, text, vector.")
    ] = "",
    max_price: Annotated[
        str, typer.Option(help="Only what costs at most so many dollars a usual call; no unpriced ones.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """List the models that your files offer: operations, providers in order, list prices."""
    from gateway.domain import selection
    from gateway.errors import InvalidRequest
    from sluice.config import read_catalogue, read_sound

    plan = read_catalogue() if catalogue else read_sound(folder)[0]
    given = {"operation": operation, "provider": provider, "modality": modality, "max_usd": max_price}
    try:
        wanted = selection.wanted(plan, {name: value for name, value in given.items() if value})
    except InvalidRequest as wrong:
        raise Refused(f"--{str(wrong).replace('max_usd', 'max-price')}") from None
    direct = everything or catalogue or bool(provider)
    routes = [each for each in selection.select(plan, wanted) if direct or each.name not in plan.models]
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
        empty="No such models. Add one to routes.yaml, or see `sluice models --all` and `--catalogue`.",
    )
    if rows:
        typer.echo(_counted(plan, routes), err=True)


def _row(plan: "Plan", route: "Route") -> dict[str, Any]:
    from gateway.domain import media

    prices = plan.model_of(route.targets[0]).prices
    return {
        "id": route.name,
        "operations": list(route.operations),
        "modality": media.MODALITIES[route.operations[0]],
        "targets": [f"{target.provider}/{target.model}" for target in route.targets],
        "fallback": list(route.fallback),
        "prices": [_spoken(line) for line in prices] or ["unpriced"],
    }


def _counted(plan: "Plan", routes: "list[Route]") -> str:
    """Say how many there are, of which modality, from how many providers, and how many have a price."""
    from collections import Counter

    from gateway.domain import media

    kinds = Counter(media.MODALITIES[route.operations[0]] for route in routes)
    providers = {target.provider for route in routes for target in route.targets}
    priced = sum(bool(plan.model_of(route.targets[0]).prices) for route in routes)
    told = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common())
    return f"{len(routes):,} models ({told}) from {len(providers)} providers; {priced:,} have a price."


def _spoken(line: "PriceLine") -> str:
    """Say a price line, as ``$0.134 / output_image (resolution 1K or 2K)``."""
    usd = f"{line.micros / _MICROS:.6f}".rstrip("0").rstrip(".")
    units = line.meter if line.per == 1 else f"{line.per:,} {line.meter}"
    when = "; ".join(f"{name} {' or '.join(values)}" for name, values in line.when.items())
    return f"${usd} / {units}{f' ({when})' if when else ''}"
