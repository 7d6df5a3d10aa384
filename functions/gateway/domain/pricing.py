"""What a job costs at list price: integers in micros, one line a meter; no price is ``None``, never 0."""

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from math import log
from typing import Any

from gateway.domain import message
from gateway.domain.job import Artifact, CostLine
from gateway.plan import Model, PriceLine

# A token of English text has about four characters; what was used is counted by the provider.
TOKEN_CHARACTERS = 4
_WORDS = ("prompt", "messages", "tools", "input")
# Where a model does not list its resolutions.
_RESOLUTIONS = ("480p", "720p", "1080p", "4k")
_LINES = {"2k": 1440, "4k": 2160}


def estimate(model: Model, facts: Mapping[str, Any]) -> int | None:
    """Price a request before anybody ran it, in micros; ``None`` when it has no price.

    Args:
        facts: the parameters with their defaults, as the target will get them.
    """
    lines = cost_lines(model, facts, expected_units(model, facts))
    return None if lines is None else sum(line.micros for line in lines)


def expected_units(model: Model, facts: Mapping[str, Any]) -> dict[str, int | float]:
    """Count what a request will take by all that is known before; meter -> units."""
    count = _count(facts.get("n"), 1)
    units: dict[str, int | float] = {
        "request": 1,
        "output_image": count,
        "output_second": _count(facts.get("duration"), 1),
        "input_character": len(str(facts.get("prompt") or "")),
        "input_token": message.characters([facts.get(name) for name in _WORDS]) // TOKEN_CHARACTERS + 1,
    }
    if most := _count(facts.get("max_tokens"), 0):
        units["output_token"] = most
    for line in model.prices:
        if line.typical is not None and _applies(line, facts):
            units.setdefault(line.meter, line.typical * count)
    return units


def delivered_units(
    facts: Mapping[str, Any], artifacts: tuple[Artifact, ...], usage: Mapping[str, int]
) -> dict[str, int | float]:
    """Count what was delivered, from the files themselves and from the provider's own count.

    Returns:
        meter -> units; seconds in hundredths at most.
    """
    seconds = sum(a.duration_s or 0 for a in artifacts)
    pixels = sum((a.width or 0) * (a.height or 0) for a in artifacts)
    return {
        "request": 1,
        "output_image": sum(a.content_type.startswith("image/") for a in artifacts),
        "output_second": _whole(round(seconds, 2)),
        "output_megapixel": _whole(round(pixels / 1_000_000, 2)),
        "input_character": len(str(facts.get("prompt") or "")),
        **usage,
    }


def delivered_facts(
    facts: Mapping[str, Any], artifacts: tuple[Artifact, ...], model: Model | None = None
) -> dict[str, Any]:
    """Overlay the request with what the file really is: a price holds for the delivered resolution."""
    videos = [a for a in artifacts if a.content_type.startswith("video/") and a.width and a.height]
    resolution = model.parameters.get("resolution") if model else None
    sold = [name for name in (resolution.enum if resolution else _RESOLUTIONS) if _pixels(name)]
    if not videos or "resolution" not in facts or not sold:
        return dict(facts)
    return {**facts, "resolution": _nearest(sold, (videos[0].width or 0) * (videos[0].height or 0))}


def cost_lines(
    model: Model, facts: Mapping[str, Any], units: Mapping[str, int | float]
) -> tuple[CostLine, ...] | None:
    """Return a line for every meter with units, or ``None`` when the model has no price for these facts."""
    chosen: dict[str, PriceLine] = {}
    for line in model.prices:
        if line.meter not in chosen and _applies(line, facts):
            chosen[line.meter] = line
    lines = tuple(
        CostLine(
            line.meter,
            units[line.meter],
            line.micros,
            line.per,
            _price(units[line.meter], line),
            f"{line.source} {line.as_of}",
        )
        for line in chosen.values()
        if units.get(line.meter)
    )
    return lines or None


def usd(micros: int | Decimal) -> str:
    """Write micros as dollars with six places.

    >>> usd(3_200_000)
    '3.200000'
    """
    return f"{Decimal(micros) / 1_000_000:.6f}"


def unit_usd(micros: int, per: int) -> str:
    """Write the price of one unit; more places where a unit is a fraction of a micro.

    >>> unit_usd(400_000, 1), unit_usd(30_000_000, 1_000_000), unit_usd(150_000, 1_000_000)
    ('0.400000', '0.000030', '0.00000015')
    """
    price = (Decimal(micros) / per / 1_000_000).normalize()
    return max(f"{price:f}", f"{price:.6f}", key=len)


def _price(units: int | float, line: PriceLine) -> int:
    exact = Decimal(str(units)) * line.micros / line.per
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _applies(line: PriceLine, facts: Mapping[str, Any]) -> bool:
    return all(_spelled(facts.get(name)) in values for name, values in line.when.items())


def _spelled(value: Any) -> str:
    """Write a value as the price table does: booleans as YAML has them."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _nearest(names: list[str], pixels: int) -> str:
    """Name a size by its pixels, which a square of 720p has as many of as a wide clip; bounds lie halfway."""
    return min(names, key=lambda name: abs(log(pixels / _pixels(name))))


def _pixels(name: str) -> float:
    """Count the pixels of a wide clip by its name, as ``720p`` or ``4K``; 0 where the name tells no size."""
    lines = _LINES.get(name.lower()) or (int(name[:-1]) if re.fullmatch(r"\d+[pP]", name) else 0)
    return lines * lines * 16 / 9


def _count(value: Any, otherwise: int) -> int | float:
    return value if isinstance(value, int | float) else otherwise


def _whole(value: float) -> int | float:
    return int(value) if value == int(value) else value
