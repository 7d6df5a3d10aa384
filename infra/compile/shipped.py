"""The shipped catalogue as one: hand-written entries, the lists of models beside them, and what models share.

``models/<provider>.yaml`` is what ``sluice catalogue import`` writes; what the entry itself says wins.
An entry's ``prices`` are those of listed models for which the table behind the list has none.
A model that is ``like`` a template of its provider has all that the template says, unless it says it itself.
"""

from collections.abc import Container, Mapping
from functools import lru_cache
from pathlib import PurePath

from infra.compile.node import Node, overlay
from infra.compile.problems import Problem, at, unknown
from infra.compile.source import Source, parse

LISTS = "models"
# What tells the converter how rows become models; the compiler has no use for it.
_FOR_THE_CONVERTER = ("templates", "rows")


def shipped(
    catalog: Mapping[str, str], enabled: Container[str] | None
) -> tuple[dict[str, Node], list[Problem]]:
    """Read the catalogue: provider -> entry.

    Args:
        catalog: file name -> its text.
        enabled: the providers whose lists of models are read, as only they are needed; nothing is all.
    """
    entries: dict[str, Node] = {}
    lists: dict[str, Node] = {}
    found: list[Problem] = []
    for name, text in sorted(catalog.items()):
        path = PurePath(name)
        listed = path.parent.name == LISTS
        if listed and enabled is not None and path.stem not in enabled:
            continue
        node, problems = _parsed(name, text, listed)
        found += problems
        (lists if listed else entries).update(node.children if node else {})
    for name, entry in entries.items():
        entries[name] = _expanded(_joined(entry, lists.get(name), found), found)
    return entries, found


@lru_cache(maxsize=256)
def _parsed(name: str, text: str, listed: bool) -> tuple[Node | None, list[Problem]]:
    """Parse a text once in a process: it is compiled again with other files, and never written to."""
    return parse(Source(name, text), shared=listed)


def _joined(entry: Node, listed: Node | None, found: list[Problem]) -> Node:
    """Put the listed models behind the entry's own."""
    if listed is None:
        return entry
    models = _priced(listed.at("models").children, entry.at("prices"), found)
    parts = dict(entry.children)
    for key, more in (("templates", listed.at("templates").children), ("models", models)):
        own = entry.at(key)
        parts[key] = _with(
            own, own.children | {name: more[name] for name in more if name not in own.children}
        )
    return _with(entry, parts)


def _priced(models: Mapping[str, Node], prices: Node, found: list[Problem]) -> dict[str, Node]:
    """Give listed models the prices that stand in the entry."""
    given = prices.children
    found += [
        at(lines, *unknown("listed model", name, models))
        for name, lines in given.items()
        if name not in models
    ]
    priced = {name: models[name].children | {"prices": given[name]} for name in given if name in models}
    return {**models, **{name: _with(models[name], parts) for name, parts in priced.items()}}


def _expanded(entry: Node, found: list[Problem]) -> Node:
    """Write out what models take from their templates."""
    templates = entry.at("templates").children
    kept = _without(entry, (*_FOR_THE_CONVERTER, "prices"))
    if entry.at("models").present:
        models = entry.at("models").children.items()
        filled = {name: _filled(model, templates, found) for name, model in models}
        kept["models"] = _with(entry.at("models"), {name: node for name, node in filled.items() if node})
    return _with(entry, kept)


def _filled(model: Node, templates: Mapping[str, Node], found: list[Problem]) -> Node | None:
    """Write out a model; nothing where its template is unknown, so that this alone is told."""
    like = model.at("like")
    if not like.present:
        return model
    if like.text not in templates:
        found.append(at(like, *unknown("template", like.text, templates)))
        return None
    template = templates[like.text]
    shared = _with(template, _without(template, _FOR_THE_CONVERTER))
    return overlay(shared, _with(model, _without(model, ("like",))))


def _without(node: Node, keys: Container[str]) -> dict[str, Node]:
    return {key: child for key, child in node.children.items() if key not in keys}


def _with(node: Node, value: dict[str, Node]) -> Node:
    return Node(value, node.mark, node.key, node.path)
