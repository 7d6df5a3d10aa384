"""A row's figures as price lines. What the lines cannot say is unpriced; a wrong price is worse than none."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sluice.catalogue.row import Row

Line = dict[str, Any]
MONTH = len("2026-11")
_MILLION = 1_000_000
_PLAIN = {
    "per image": ("output_image", 1, ("out_per_image", "in_per_image")),
    "per megapixel": ("output_megapixel", 1, ("out_per_megapixel", "in_per_megapixel")),
    "per 1k characters": ("input_character", 1000, ("in_per_1k_char",)),
    "per minute of audio": ("input_second", 60, ("in_per_second",)),
}
"""Unit -> meter, how many units its price buys, and the details that say no more than the price itself."""

_SECONDS = ("out_per_second", "out_per_video_per_second")
_TOKENS = {"in_per_1M_token": "input_token", "out_per_1M_token": "output_token"}


class Unpriced(Exception):
    """Why a row's figures are not taken."""


def lines(rows: list[Row], parameters: Mapping[str, Any]) -> list[Line]:
    """Write the price lines of a model.

    Args:
        parameters: what the model takes, as conditions are over that.

    Raises:
        Unpriced: there is no price, or one that depends on what is not known here.
    """
    priced = [row for row in rows if row.usd]
    if not priced:
        raise Unpriced("no price is known")
    if len(priced) > 1 or priced[0].variant:
        return [_line(row, "output_image", row.usd, when=_variant(row, parameters)) for row in priced]
    row = priced[0]
    if row.unit == "per second of video":
        return _seconds(row, parameters)
    if row.unit.startswith("per 1M input tokens") and _other(row.detail) <= _TOKENS.keys():
        return [
            _line(row, meter, row.detail[name], per=_MILLION)
            for name, meter in _TOKENS.items()
            if row.detail.get(name)
        ]
    meter, per, known = _PLAIN.get(row.unit, ("", 1, ()))
    if not meter:
        raise Unpriced(f"the price is {row.unit!r}, which is not counted")
    if surplus := row.detail.keys() - set(known):
        raise Unpriced(f"the price also has {min(surplus)!r}, which is not counted")
    if len(set(row.detail.values())) > 1:
        raise Unpriced("input and output have prices of their own")
    return [_line(row, meter, row.usd, per=per)]


def _other(detail: Mapping[str, Decimal]) -> set[str]:
    """Leave out what pictures cost that are counted among the tokens, at the same price."""
    same = detail.get("in_per_image_1M_token") == detail.get("in_per_1M_token")
    return set(detail) - ({"in_per_image_1M_token"} if same else set())


def _seconds(row: Row, parameters: Mapping[str, Any]) -> list[Line]:
    """Write a price a second, for every resolution that has its own."""
    base = next((row.detail[name] for name in _SECONDS if name in row.detail), None)
    own = {
        name.removeprefix("out_per_second_"): usd for name, usd in row.detail.items() if name not in _SECONDS
    }
    known = [str(value) for value in parameters.get("resolution", {}).get("enum", ())]
    spelled = {value.lower(): value for value in known}
    if unknown := [name for name in own if not name[0].isdigit()]:
        raise Unpriced(f"the price also has {unknown[0]!r}, which is not counted")
    if own and not known:
        raise Unpriced("the price depends on a resolution that no parameter says")
    if not base and set(own) != set(spelled):
        raise Unpriced("a resolution has no price")
    if base and not own and len(known) > 1:
        raise Unpriced("one price for several resolutions")
    found = [
        _line(row, "output_second", usd, when={"resolution": [spelled[name]]})
        for name, usd in sorted(own.items())
        if name in spelled and usd != base
    ]
    return [*found, _line(row, "output_second", base)] if base else found


def _variant(row: Row, parameters: Mapping[str, Any]) -> dict[str, list[str]]:
    """Read ``low/1024-x-1536`` as conditions."""
    quality, _, size = row.variant.partition("/")
    when = {"quality": [quality], "size": [size.replace("-x-", "x")]}
    for name, values in when.items():
        if not set(values) <= set(parameters.get(name, {}).get("enum", ())):
            raise Unpriced(f"the price depends on a {name} that no parameter says")
    return when


def _line(
    row: Row, meter: str, usd: Decimal | None, *, per: int = 1, when: dict[str, list[str]] | None = None
) -> Line:
    amount = usd or Decimal()
    while amount * _MILLION % 1:
        amount, per = amount * 10, per * 10
    line: Line = {"meter": meter, "usd": f"{amount.normalize():f}"}
    line |= {"per": per} if per > 1 else {}
    line |= {"when": when} if when else {}
    day = f"{row.source_date}-01" if len(row.source_date) == MONTH else row.source_date
    return line | {"as_of": day, "source": source_of(row)}


def source_of(row: Row) -> str:
    """Name the page that a price was read from, or the collection that has it."""
    return row.source.partition(" <- ")[2] or row.source
