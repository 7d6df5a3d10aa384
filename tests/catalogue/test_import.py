"""The converter: what becomes of rows, and that nothing is guessed."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from infra.compile import Source, compile_files
from sluice.catalogue import listing, price, row, signature
from sluice.catalogue.listing import Entry
from sluice.catalogue.price import Unpriced
from sluice.errors import Refused
from tests.builders import ROOT, catalog

HERE = Path(__file__).parent
DECLARED = (HERE / "declared.d.ts").read_text()
ENTRY = (HERE / "lumen.yaml").read_text()
HEAD, *ROWS = (HERE / "rows.csv").read_text().splitlines()


def entry(**changes: Any) -> Entry:
    """Read what is written by hand as the command does."""
    from infra.compile.source import parse

    node, _ = parse(Source("lumen.yaml", ENTRY))
    assert node is not None
    own = node.at("lumen").plain()
    return Entry("lumen", own["rows"], own["templates"], frozenset(own["models"]), **changes)


def made(rows: list[str], signatures: str = DECLARED, **changes: Any) -> listing.Listing:
    return listing.make(entry(**changes), row.read("\n".join([HEAD, *rows])), signature.read(signatures))


def test_a_list_is_compiled_beside_its_entry() -> None:
    """
    A model takes what its signature says under our names, and costs what its row says.
    """
    files = {"lumen.yaml": ENTRY, "models/lumen.yaml": made(ROWS).text}
    providers = Source("providers.yaml", "version: 1\nproviders: {lumen: {secret: test/lumen}}\n")

    plan = compile_files(Source("routes.yaml", "version: 1\n"), providers, files).plan

    assert plan is not None
    assert sorted(plan.models) == [f"lumen/lumen/{name}" for name in ("clip", "own", "plain", "say")]
    clip, plain = plan.models["lumen/lumen/clip"], plan.models["lumen/lumen/plain"]
    assert list(clip.offers) == ["image_to_video"]
    assert list(clip.parameters) == ["prompt", "image", "aspect_ratio", "duration", "cfg_scale"]
    assert (clip.parameters["duration"].enum, clip.parameters["duration"].as_type) == ((5, 10), "string")
    assert (clip.prices[0].meter, clip.prices[0].micros) == ("output_second", 100_000)
    assert (plain.prices[0].source, plain.prices[0].as_of) == ("https://a.example", "2026-11-22")


def test_every_row_that_becomes_no_model_is_counted_with_the_reason() -> None:
    """
    What needs a thing that no parameter carries is left out, not guessed at.
    """
    assert dict(made(ROWS).left) == {
        "written by hand": 1,
        "needs 'region', which no parameter carries": 1,
        "3d is no operation here": 1,
        "no template is for it, and its signature is not known": 1,
    }


def test_the_same_rows_in_another_order_give_the_same_text() -> None:
    """
    An update is a diff of what changed, and of nothing else.
    """
    assert made(ROWS[::-1]).text == made(ROWS).text


def test_prices_are_renewed_without_the_declarations() -> None:
    """
    A model that the list has keeps its template; only what is new needs to be declared.
    """
    from infra.compile.source import parse

    node, _ = parse(Source("lumen.yaml", made(ROWS).text))
    assert node is not None
    before = node.at("lumen").plain()
    listed = {name: model["like"] for name, model in before["models"].items()}

    again = made([ROWS[0].replace("0.1", "0.2")], "", listed=listed, shared=before["templates"])

    assert again.models["lumen/clip"]["prices"][0]["usd"] == "0.2"


def test_the_shipped_lists_are_of_providers_that_have_an_entry() -> None:
    """
    Every list belongs to an entry, says that it is written by a command, and names its sources.
    """
    lists = {path.stem: path.read_text() for path in (ROOT / "infra/catalog/models").glob("*.yaml")}

    assert {f"{name}.yaml" for name in lists} <= catalog().keys()
    assert all(text.startswith("# Written by `sluice catalogue import`") for text in lists.values())
    assert all("\n# Source: " in text for text in lists.values())


def of(unit: str, detail: str, usd: str = "0.1", variant: str = "") -> list[row.Row]:
    return row.read(f"{HEAD}\nlumen,x,video,async,{usd},{unit},{detail},{variant},a page,2026-11,")


SECONDS, RESOLUTIONS = "per second of video", {"resolution": {"enum": ["480p", "1080p"]}}
PRICED = {
    "a second by resolution": (
        of(SECONDS, "out_per_second=0.05;out_per_second_1080p=0.14"),
        [("output_second", "0.14", 1, {"resolution": ["1080p"]}), ("output_second", "0.05", 1, None)],
    ),
    "less than a micro": (of("per image", "", "0.00000035"), [("output_image", "0.000035", 100, None)]),
    "a minute heard": (
        of("per minute of audio", "in_per_second=0.0001", "0.006"),
        [("input_second", "0.006", 60, None)],
    ),
    "tokens": (
        of("per 1M input tokens", "in_per_1M_token=2;out_per_1M_token=8", "2"),
        [("input_token", "2", 1_000_000, None), ("output_token", "8", 1_000_000, None)],
    ),
}


@pytest.mark.parametrize("case", PRICED)
def test_a_price_becomes_lines_of_our_meters(case: str) -> None:
    """
    Exact to the source's last digit.
    """
    rows, wanted = PRICED[case]

    found = price.lines(rows, RESOLUTIONS)

    assert [(line["meter"], line["usd"], line.get("per", 1), line.get("when")) for line in found] == wanted
    assert all(Decimal(line["usd"]) * 1_000_000 % 1 == 0 for line in found)


UNPRICED = {
    "depends on a resolution": of(SECONDS, "out_per_second=0.1;out_per_second_4k=0.3"),
    "in_per_image": of(SECONDS, "out_per_second=0.1;in_per_image=0.01"),
    "'per step'": of("per step", ""),
    "observed average": of('"per request (observed average, USD)"', "avg_latency=3"),
    "depends on a quality": of("per image", "", variant="high/1024-x-1024"),
    "no price is known": of("per image", "", "0"),
}


@pytest.mark.parametrize("reason", UNPRICED)
def test_a_price_that_cannot_be_said_is_none(reason: str) -> None:
    """
    A wrong price would be charged; none is told as unpriced.
    """
    with pytest.raises(Unpriced, match=reason):
        price.lines(UNPRICED[reason], {})


def test_a_file_of_another_form_is_refused() -> None:
    """
    With the line or the column that is wrong.
    """
    with pytest.raises(Refused, match="no column 'id'"):
        row.read("provider,name\nx,y\n")
    with pytest.raises(Refused, match="line 2: price_usd"):
        of("per image", "", "cheap")
