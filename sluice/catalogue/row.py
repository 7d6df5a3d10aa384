"""The rows of the CSV file: one for each model and variant of its price."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from sluice.errors import Refused

COLUMNS = (
    "provider", "id", "modality", "kind", "price_usd", "unit", "price_detail", "variant", "source",
    "source_date", "note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Args:
        usd: the price of one ``unit``; nothing where no price is known.
        detail: what the price consists of, such as ``out_per_second_1080p`` -> 0.14.
        variant: the quality and size that the price holds for.
        source_date: YYYY-MM-DD or YYYY-MM.
    """

    provider: str
    id: str
    modality: str
    usd: Decimal | None
    unit: str
    detail: dict[str, Decimal]
    variant: str
    source: str
    source_date: str
    note: str


def read(text: str) -> list[Row]:
    """Read the file.

    Raises:
        Refused: it is no such file, with the line.
    """
    reader = csv.DictReader(text.splitlines())
    if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
        raise Refused(f"the file has no column {missing[0]!r}. It must have {', '.join(COLUMNS)}.")
    return [_row(fields, number) for number, fields in enumerate(reader, 2)]


def by_model(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Put the rows of one model together, in the order of their ids."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.id, []).append(row)
    return dict(sorted(found.items()))


def _row(fields: dict[str, str], number: int) -> Row:
    try:
        price = fields["price_usd"].strip()
        detail = {
            name: Decimal(value)
            for name, equals, value in (part.partition("=") for part in fields["price_detail"].split(";"))
            if equals and value[-1:].isdigit()
        }
        usd = Decimal(price) if price else None
    except (InvalidOperation, AttributeError):
        raise Refused(f"line {number}: price_usd and price_detail must be numbers.") from None
    kept = {name: (fields[name] or "").strip() for name in COLUMNS}
    return Row(
        kept["provider"], kept["id"], kept["modality"], usd, kept["unit"], detail, kept["variant"],
        kept["source"], kept["source_date"], kept["note"],
    )  # fmt: skip
