"""A YAML value that remembers where it was written; what has another shape than asked for reads as empty."""

from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a user's file, line and column counted from 1."""

    file: str
    line: int
    col: int


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a file.

    Args:
        value: a scalar, ``dict[str, Node]`` or ``list[Node]``.
        mark: where the value starts.
        key: where its key starts; the value itself where there is no key.
        path: how to come here from the top of its own file.
    """

    value: Any
    mark: Mark
    key: Mark
    path: Path = ()
    present: bool = True

    @property
    def children(self) -> dict[str, "Node"]:
        """Its entries; none unless it is a mapping."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def elements(self) -> list["Node"]:
        """Its items; none unless it is a list."""
        return self.value if isinstance(self.value, list) else []

    @property
    def text(self) -> str:
        """Itself; empty unless it is text."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def texts(self) -> list[str]:
        """Those of its items that are text."""
        return [item.text for item in self.elements if item.text]

    def at(self, *names: str) -> "Node":
        """Go down by keys; what is absent has its nearest parent's place."""
        node = self
        for name in names:
            child = node.children.get(name)
            node = child or Node(None, node.key, node.key, (*node.path, name), present=False)
        return node

    def nearest(self, path: Path) -> "Node":
        """Go down as far as the path names something."""
        node = self
        for step in path:
            if isinstance(step, int) and step < len(node.elements):
                node = node.elements[step]
            elif isinstance(step, str) and step in node.children:
                node = node.children[step]
            else:
                break
        return node

    def plain(self) -> Any:
        """Return the value without its marks."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        return self.value


def empty(file: str) -> Node:
    """Stand in for a file that could not be read."""
    mark = Mark(file, 1, 1)
    return Node({}, mark, mark, present=False)


def overlay(base: Node, over: Node) -> Node:
    """Lay one value over another: mappings merge deep, anything else replaces; places are the upper one's."""
    if not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return over
    merged = {**base.value}
    for key, child in over.value.items():
        merged[key] = overlay(base.value[key], child) if key in base.value else child
    return Node(merged, over.mark, over.key, over.path)
