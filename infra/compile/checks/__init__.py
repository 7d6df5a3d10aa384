"""What shape cannot say: one function a rule, each from the whole to its problems, none knows of another."""

from collections.abc import Callable, Iterator

from infra.compile.checks import (
    callback,
    deadline,
    exchange,
    family,
    medium,
    model,
    price,
    protocol,
    provider,
    route,
    target,
)
from infra.compile.problems import Problem
from infra.compile.whole import Whole

Rule = Callable[[Whole], Iterator[Problem]]

RULES: tuple[Rule, ...] = (
    *route.RULES,
    *target.RULES,
    *deadline.RULES,
    *provider.RULES,
    *protocol.RULES,
    *exchange.RULES,
    *family.RULES,
    *callback.RULES,
    *model.RULES,
    *medium.RULES,
    *price.RULES,
)


def check(whole: Whole) -> Iterator[Problem]:
    """Apply every rule."""
    for rule in RULES:
        yield from rule(whole)
