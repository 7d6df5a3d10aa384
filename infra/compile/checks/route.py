"""Rules of routes: each takes the whole and yields what is wrong with it."""

import re
from collections.abc import Iterator

from infra.compile import vocabulary
from infra.compile.node import Node
from infra.compile.problems import Problem, at, at_key, show, unknown
from infra.compile.whole import Whole, aims

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)?")


def legal_names(whole: Whole) -> Iterator[Problem]:
    """A public name can stand in a path."""
    for name, route in whole.listed.items():
        if not _NAME.fullmatch(name):
            what = f"{show(name)} cannot be a model's name"
            yield at_key(
                route, what, "Use letters, digits, '.', '_' and '-', with one '/' at most between them."
            )


def free_names(whole: Whole) -> Iterator[Problem]:
    """A public name does not hide a path of the API or a provider's own models."""
    for name, route in whole.listed.items():
        first, slash, _ = name.lower().partition("/")
        if first in vocabulary.PATHS:
            what = f"{show(name)} begins with {first!r}, which is a path of the API"
            yield at_key(route, what, "Choose another name.")
        elif slash and first in whole.providers:
            what = f"{show(name)} hides the models of provider {first!r}, which answer to <provider>/<model>"
            yield at_key(route, what, "Choose a name without the provider.")


def one_spelling(whole: Whole) -> Iterator[Problem]:
    """Two names differ by more than capitals."""
    seen: dict[str, str] = {}
    for name, route in whole.listed.items():
        first = seen.setdefault(name.lower(), name)
        if first != name:
            yield at_key(route, f"differs from {first!r} by capitals only", "Rename one of them.")


def no_repeats(whole: Whole) -> Iterator[Problem]:
    """A list names nothing twice."""
    lists = [(route, key) for route in whole.listed.values() for key in ("operations", "fallback", "on")]
    for holder, key in [*lists, (whole.routes.at("defaults"), "on")]:
        yield from _repeats(key, [(node.text, node) for node in holder.at(key).elements if node.text])
    for route in whole.listed.values():
        yield from _repeats("targets", [(aim.name, aim.node) for aim in aims(route)])


def _repeats(key: str, named: list[tuple[str, Node]]) -> Iterator[Problem]:
    seen: set[str] = set()
    for name, node in named:
        if name in seen:
            yield at(node, f"{show(name)} is in {key!r} twice", "Remove one of them.")
        seen.add(name)


def ready_fallbacks(whole: Whole) -> Iterator[Problem]:
    """A fallback exists and is not the route itself."""
    for name, route in whole.listed.items():
        for node in route.at("fallback").elements:
            if node.text == name:
                yield at(node, f"{name!r} falls back to itself", "Remove it.")
            elif node.text and whole.complete and whole.routable(node.text) is None:
                yield at(node, *_absent(whole, node.text, name))


def _absent(whole: Whole, name: str, route: str) -> tuple[str, str]:
    if whole.implied(name) is not None:
        return f"{name!r} is not exposed, for `expose` is listed", "Write a route for it, and name that one."
    return unknown("model", name, [other for other in whole.listed if other != route])


def typed_fallbacks(whole: Whole) -> Iterator[Problem]:
    """A fallback serves something that the route serves."""
    for name, route in whole.listed.items():
        own = whole.operations(route)
        for node in route.at("fallback").elements:
            other = whole.routable(node.text)
            theirs = whole.operations(other) if other and node.text != name else []
            if own and theirs and not set(own) & set(theirs):
                what = f"{node.text!r} serves {', '.join(theirs)}, none of this route's {', '.join(own)}"
                yield at(node, what, "Name a model of the same operation.")


def no_cycles(whole: Whole) -> Iterator[Problem]:
    """No chain of fallbacks comes back to where it began."""
    told: set[frozenset[str]] = set()
    steps = _endless(whole)
    for name in steps:
        for cycle, node in _cycles(steps, name):
            if frozenset(cycle) not in told:
                told.add(frozenset(cycle))
                what = f"falls back in a circle: {' -> '.join([*cycle, cycle[0]])}"
                yield at(node, what, "Remove one of these steps.")


def _endless(whole: Whole) -> dict[str, dict[str, Node]]:
    """Return route -> fallback -> where it is written, without the routes whose chains come to an end."""
    steps = {
        name: {node.text: node for node in route.at("fallback").elements if node.text != name}
        for name, route in whole.listed.items()
    }
    while True:
        left = {
            name: {other: node for other, node in following.items() if other in steps}
            for name, following in steps.items()
        }
        left = {name: following for name, following in left.items() if following}
        if len(left) == len(steps):
            return left
        steps = left


def _cycles(steps: dict[str, dict[str, Node]], start: str) -> Iterator[tuple[list[str], Node]]:
    stack = [(start, [start])]
    seen = {start}
    while stack:
        name, way = stack.pop()
        for other, node in reversed(steps[name].items()):
            if other == start:
                yield way, node
            elif other not in seen:
                seen.add(other)
                stack.append((other, [*way, other]))


def long_chains(whole: Whole) -> Iterator[Problem]:
    """A route that diverts has somewhere to divert to."""
    for route in whole.listed.values():
        chain = [*route.at("targets").elements, *route.at("fallback").elements]
        alone = len(chain) == 1 and not _in_turn(whole, route)
        if alone and whole.policy(route, "overflow").value == "divert":
            what = "diverts when busy, but has one target and no fallback"
            yield at_key(
                route, what, "Add a target or a fallback, or write `overflow: wait`.", level="warning"
            )


def _in_turn(whole: Whole, route: Node) -> bool:
    """Tell whether some target of a route is tried in several regions."""
    if whole.policy(route, "region").text not in ("", vocabulary.USUAL_REGION):
        return False
    entries = (whole.providers.get(aim.provider) for aim in aims(route))
    return any(entry and len(entry.at("regions").elements) > 1 for entry in entries)


RULES = (
    legal_names,
    free_names,
    one_spelling,
    no_repeats,
    ready_fallbacks,
    typed_fallbacks,
    no_cycles,
    long_chains,
)
