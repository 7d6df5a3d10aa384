"""What the catalogue's files say to the converter, read as they are written."""

from pathlib import Path
from typing import Any

from infra.compile.node import Node
from infra.compile.shipped import LISTS
from infra.compile.source import Source, parse
from sluice.catalogue.listing import Entry
from sluice.errors import Refused


def read(folder: Path) -> dict[str, Entry]:
    """Read every provider's entry and its list."""
    found: dict[str, Entry] = {}
    for path in sorted(folder.glob("*.yaml")):
        for name, node in _tree(path).items():
            found[name] = _entry(name, node, folder / LISTS / f"{name}.yaml")
    return found


def _entry(name: str, node: Node, path: Path) -> Entry:
    listed = _tree(path).get(name) if path.exists() else None
    models = {id_: model.plain() for id_, model in node.at("models").children.items()}
    endpoints = {
        offer["endpoint"]
        for model in models.values()
        for offer in model.get("offers", {}).values()
        if isinstance(offer, dict) and "endpoint" in offer
    }
    return Entry(
        name,
        _plain(node.at("rows")),
        _plain(node.at("templates")),
        frozenset(models) | endpoints,
        {id_: model.at("like").text for id_, model in listed.at("models").children.items()} if listed else {},
        _plain(listed.at("templates")) if listed else {},
    )


def _plain(node: Node) -> dict[str, Any]:
    return {key: child.plain() for key, child in node.children.items()}


def _tree(path: Path) -> dict[str, Node]:
    node, problems = parse(Source(path.name, path.read_text(encoding="utf-8")))
    if problems or node is None:
        raise Refused(f"{problems[0] if problems else path}")
    return node.children
