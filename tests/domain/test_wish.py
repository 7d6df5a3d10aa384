"""A caller's order of a chain, by provider and by price."""

from functools import cache

from gateway.domain import routing, wish
from gateway.domain.job import Hop
from gateway.domain.wish import Wish
from gateway.plan import Plan
from tests import builders

PROVIDERS = """
version: 1
providers:
  anthropic: {secret: a}
  groq: {secret: g}
  openai: {secret: o}
  openrouter: {secret: r}
"""
ROUTES = """
version: 1
models:
  small:
    operations: [chat]
    targets: [openrouter/openai/gpt-oss-120b, openai/gpt-4.1-mini, groq/openai/gpt-oss-120b]
  large:
    operations: [chat]
    targets: [openai/gpt-6.1-terra, anthropic/claude-sonnet-5-5]
"""


@cache
def plan() -> Plan:
    return builders.plan_of(ROUTES, PROVIDERS)


def chain() -> tuple[Hop, ...]:
    """Flatten both models' targets as they are written."""
    return routing.hops_of(plan(), plan().routes["small"], ("large",), "")


def arranged(**fields: object) -> list[str]:
    """Return the providers of the chain that a caller wants."""
    kept, _ = wish.arranged(plan(), Wish(**fields), chain())  # type: ignore[arg-type]
    return [hop.provider for hop in kept]


def test_each_models_targets_come_by_price() -> None:
    """
    The models stay in their order; what has no price comes last.
    """
    assert arranged() == ["openrouter", "openai", "groq", "openai", "anthropic"]
    assert arranged(cheapest=True) == ["groq", "openai", "openrouter", "openai", "anthropic"]


def test_who_is_named_first_comes_first_all_the_same() -> None:
    """
    Price decides among the others.
    """
    assert arranged(cheapest=True, order=("openrouter",))[:3] == ["openrouter", "groq", "openai"]


def test_the_cheapest_alone_answers_where_nobody_may_follow() -> None:
    """
    Order first, then the cut.
    """
    assert arranged(cheapest=True, fallback=False) == ["groq"]
    assert arranged(order=("anthropic",), fallback=False) == [], "another model is a fallback, too"
