"""What a caller wants of the chain, by provider and price: it leaves targets out and reorders, no more."""

from collections.abc import Iterable

from gateway.domain.chat import Wish
from gateway.domain.job import Hop, Skip
from gateway.plan import Plan

_METERS = (("input_token", "prompt"), ("output_token", "completion"))


def granted(plan: Plan, wish: Wish, hops: Iterable[Hop]) -> tuple[tuple[Hop, ...], tuple[Skip, ...]]:
    """Divide targets into those that the caller wants and those that it does not, with the reason."""
    wanted: list[Hop] = []
    skipped: dict[Skip, None] = {}
    for hop in hops:
        if reason := _unwanted(plan, wish, hop):
            skipped[Skip(hop.provider, hop.model, reason)] = None
        else:
            wanted.append(hop)
    return tuple(wanted), tuple(skipped)


def ordered(wish: Wish, hops: tuple[Hop, ...]) -> tuple[Hop, ...]:
    """Put the providers first that the caller names first; the others follow as they were."""
    ranks = {name: rank for rank, name in reversed(list(enumerate(wish.order)))}
    return tuple(sorted(hops, key=lambda hop: ranks.get(hop.provider, len(ranks))))


def _unwanted(plan: Plan, wish: Wish, hop: Hop) -> str:
    if wish.only and hop.provider not in wish.only:
        return "is not among provider.only"
    if hop.provider in wish.ignore:
        return "is among provider.ignore"
    for (meter, name), most in zip(_METERS, (wish.most_input_usd, wish.most_output_usd), strict=True):
        if most is None:
            continue
        price = _million_usd(plan, hop, meter)
        if price is None:
            return f"has no price, and provider.max_price.{name} was given"
        if price > most:
            return f"costs {price:g} USD for a million tokens, above provider.max_price.{name}"
    return ""


def _million_usd(plan: Plan, hop: Hop, meter: str) -> float | None:
    """Return the highest list price of a million; a target without the meter, but with prices, takes none."""
    lines = plan.models[f"{hop.provider}/{hop.model}"].prices
    prices = [line.micros / line.per for line in lines if line.meter == meter]
    return max(prices, default=0.0) if lines else None
