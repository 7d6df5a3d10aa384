"""What a caller wants of the chain, by provider and price: it leaves targets out and reorders, no more.

Source: OpenRouter's ``provider``, openrouter.ai/docs/features/provider-routing, read 2026-11-25.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from gateway.domain.job import Hop, Skip
from gateway.domain.message import flag, wrong
from gateway.domain.request import kind_of
from gateway.errors import InvalidRequest
from gateway.plan import Plan

_METERS = (("input_token", "prompt"), ("output_token", "completion"))
_NAMES = ("order", "only", "ignore")
_KNOWN = (
    *_NAMES, "allow_fallbacks", "sort", "max_price", "require_parameters", "data_collection", "zdr"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wish:
    """Which targets of the chain a caller wants, by provider.

    Args:
        order: come first, in this order.
        only, ignore: nobody else, and not these; an empty ``only`` is everybody.
        fallback: whether others may follow those in ``order``, or the first one where there is no order.
        cheapest: of each model's targets, the one with the lowest list price comes first.
        most_input_usd, most_output_usd: list price of a million tokens at most.
    """

    order: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fallback: bool = True
    cheapest: bool = False
    most_input_usd: float | None = None
    most_output_usd: float | None = None


def read(given: Any) -> Wish:
    """Read a call's ``provider``; a field of it that is null says nothing.

    ``require_parameters`` changes nothing, because every target takes all of a request or is passed over.

    Raises:
        InvalidRequest: it has what nobody knows, or asks for a promise that we cannot keep.
    """
    if given is None:
        return Wish()
    if not isinstance(given, dict):
        raise wrong("provider", f"must be an object, not {kind_of(given)}")
    given = {name: value for name, value in given.items() if value is not None}
    if unknown := sorted(given.keys() - set(_KNOWN)):
        raise InvalidRequest(
            f"provider.{unknown[0]}: is not known here. Known: {', '.join(_KNOWN)}.",
            code="unknown_parameter",
            param=f"provider.{unknown[0]}",
        )
    flag(given, "require_parameters", "provider.")
    _refuse_promises(given)
    if given.get("sort", "price") != "price":
        raise wrong("provider.sort", "must be 'price': nothing else of a target is known before it is asked")
    names = {name: _names(f"provider.{name}", given.get(name)) for name in _NAMES}
    most = _prices(given.get("max_price", {}))
    return Wish(
        **names,
        fallback=flag({"allow_fallbacks": True, **given}, "allow_fallbacks", "provider."),
        cheapest="sort" in given,
        most_input_usd=most.get("prompt"),
        most_output_usd=most.get("completion"),
    )


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


def arranged(plan: Plan, wish: Wish, chain: tuple[Hop, ...]) -> tuple[tuple[Hop, ...], tuple[Skip, ...]]:
    """Put a chain in the caller's order, and leave out what it does not want to fall back to.

    The providers come first that it names first. The others follow as they were, or each model's by price.
    """
    ranks = {name: rank for rank, name in reversed(list(enumerate(wish.order)))}
    models = {hop.route: place for place, hop in reversed(list(enumerate(chain)))}

    def rank(hop: Hop) -> tuple[float, ...]:
        named = ranks.get(hop.provider, len(ranks))
        return (named, models[hop.route], _token_usd(plan, hop)) if wish.cheapest else (named,)

    ordered = tuple(sorted(chain, key=rank))
    if wish.fallback:
        return ordered, ()
    kept = _alone(wish, chain[0].route, ordered)
    others = (Skip(hop.provider, hop.model, "provider.allow_fallbacks is false") for hop in ordered)
    targets = {(hop.provider, hop.model) for hop in kept}
    return kept, tuple(dict.fromkeys(each for each in others if (each.provider, each.model) not in targets))


def _alone(wish: Wish, model: str, ordered: tuple[Hop, ...]) -> tuple[Hop, ...]:
    """Keep one model's targets of the providers in ``order``; without an order, the first in its regions."""
    own = [hop for hop in ordered if hop.route == model]
    if wish.order:
        return tuple(hop for hop in own if hop.provider in wish.order)
    first = (own[0].provider, own[0].model)
    return tuple(hop for hop in own if (hop.provider, hop.model) == first)


def _refuse_promises(given: Mapping[str, Any]) -> None:
    """Refuse to promise what only the providers' own terms say: what they keep, and for what."""
    if given.get("data_collection", "allow") not in ("allow", "deny"):
        raise wrong("provider.data_collection", "must be 'allow' or 'deny'")
    asked = {
        "zdr": flag(given, "zdr", "provider."),
        "data_collection": given.get("data_collection") == "deny",
    }
    for name in (name for name, wanted in asked.items() if wanted):
        way_out = "name those whose terms you trust in provider.only"
        raise wrong(
            f"provider.{name}", f"cannot be promised, as providers' terms are not known here; {way_out}"
        )


def _prices(given: Any) -> dict[str, float]:
    if not isinstance(given, dict) or given.keys() - {name for _, name in _METERS}:
        raise wrong(
            "provider.max_price", "takes 'prompt' and 'completion', in US dollars for a million tokens"
        )
    return {name: _money(f"provider.max_price.{name}", value) for name, value in given.items()}


def _names(at: str, given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise wrong(at, "must be a list of providers' names")
    return tuple(given)


def _money(at: str, given: Any) -> float:
    try:
        found = float("nan") if isinstance(given, bool) else float(given)
    except (TypeError, ValueError):
        found = float("nan")
    if not 0 <= found < inf:
        raise wrong(at, "must be a number of US dollars")
    return found


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


def _token_usd(plan: Plan, hop: Hop) -> float:
    """Return what a million tokens in and a million out cost together; what has no price costs most."""
    prices = [_million_usd(plan, hop, meter) for meter, _ in _METERS]
    return sum(inf if price is None else price for price in prices)


def _million_usd(plan: Plan, hop: Hop, meter: str) -> float | None:
    """Return the highest list price of a million; a target without the meter, but with prices, takes none."""
    lines = plan.models[f"{hop.provider}/{hop.model}"].prices
    prices = [line.micros / line.per for line in lines if line.meter == meter]
    return max(prices, default=0.0) if lines else None
