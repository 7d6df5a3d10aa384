"""The three sources as one: routes, the enabled providers laid over the catalogue, and what they name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import NoneType

from infra.compile.node import Node, overlay
from infra.compile.schema.kinds import split_target
from infra.compile.vocabulary import OPERATIONS

# An entry that says none of these cannot be a provider of the user's own: it means one of the catalogue.
_OWN = ("protocols", "models", "base_url", "base_urls")


@dataclass(frozen=True, slots=True)
class Aim:
    """A target as the checks see it.

    Args:
        node: where it is written.
        parameters: its overrides.
    """

    provider: str
    model: str
    node: Node
    parameters: Node

    @property
    def name(self) -> str:
        """Its full name."""
        return f"{self.provider}/{self.model}"


@dataclass(frozen=True, slots=True)
class Whole:
    """All that was read.

    Args:
        providers: enabled ones by name, each laid over its catalogue entry.
        catalog: every shipped entry.
        complete: whether the providers file could be read; if not, nobody can say that a name is unknown.
    """

    routes: Node
    providers: Mapping[str, Node]
    catalog: Mapping[str, Node]
    complete: bool = True

    @property
    def listed(self) -> Mapping[str, Node]:
        """The routes that are written."""
        return self.routes.at("models").children

    def policy(self, route: Node, key: str) -> Node:
        """Return what a route says of something, or what the defaults say for it."""
        own = route.at(key)
        return own if own.present else self.routes.at("defaults", key)

    def model(self, aim: Aim) -> Node | None:
        """Return the model that a target names, if there is one."""
        return self.implied(aim.name)

    def routable(self, name: str) -> Node | None:
        """Return the route or, failing that, the provider's model that a fallback names."""
        if name in self.listed:
            return self.listed[name]
        return self.implied(name) if self.routes.at("expose").value != "listed" else None

    def implied(self, name: str) -> Node | None:
        """Return the model that ``<provider>/<model id>`` names, whether exposed or not."""
        aim = split_target(name)
        entry = self.providers.get(aim[0]) if aim else None
        return entry.at("models").children.get(aim[1]) if aim and entry else None

    def operations(self, node: Node) -> list[str]:
        """Return the operations of a route or of a model, as far as they exist."""
        named = node.at("operations").texts or list(node.at("offers").children)
        return [name for name in named if name in OPERATIONS]


def whole(routes: Node, providers: Node, catalog: Mapping[str, Node], *, complete: bool) -> Whole:
    """Lay the users' providers over the catalogue."""
    enabled = {}
    for name, entry in providers.at("providers").children.items():
        enabled[name] = _laid(catalog[name], entry) if name in catalog else entry
    return Whole(routes, enabled if complete else catalog, catalog, complete)


def stranger(entry: Node) -> bool:
    """Tell whether an entry leaves everything to a catalogue that does not know it."""
    return isinstance(entry.value, dict | NoneType) and not any(name in entry.children for name in _OWN)


def aims(route: Node) -> Iterator[Aim]:
    """Read a route's targets, leaving out what is no target at all."""
    for node in route.at("targets").elements:
        names = list(node.children) or [node.text]
        found = split_target(names[0])
        if found:
            yield Aim(*found, node, node.at(names[0]))


def base_urls(entry: Node) -> dict[str, Node]:
    """Return region -> address."""
    single = entry.at("base_url")
    return {"global": single} if single.present else entry.at("base_urls").children


def _laid(base: Node, entry: Node) -> Node:
    if entry.value is None:
        entry = Node({}, entry.mark, entry.key, entry.path)
    kept = dict(base.children)
    if "base_url" in entry.children:
        kept.pop("base_urls", None)
    return overlay(Node(kept, base.mark, base.key, base.path), entry)
