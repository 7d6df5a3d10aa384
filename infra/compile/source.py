"""YAML text to marked values, by the YAML rules that surprise nobody.

Booleans are ``true`` and ``false`` alone, so ``on:`` and ``no`` are text, as are dates, ``1:30`` and ``007``.
Keys are text as written. Duplicate keys, foreign tags, alias cycles and alias bombs are problems.
"""

import re
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from infra.compile.node import Mark, Node, Path
from infra.compile.problems import Problem, placed

try:
    from yaml import CSafeLoader as _Base
except (
    ImportError
):  # a PyYAML built without libyaml: slower, and its syntax errors are worded a little differently
    from yaml import SafeLoader as _Base  # type: ignore[assignment]  # the same loader, in Python

MOST_VALUES = 300_000
MOST_LEVELS = 64
_TAG = "tag:yaml.org,2002:"
# What the parser says -> our words and the way out; the first that is found counts.
_SYNTAX = (
    ("undefined alias", "uses an alias that nothing defines", "Define it with `&name` above its first use."),
    ("duplicate anchor", "defines an anchor's name twice", "Rename one of the anchors."),
    ("single document", "has a second document", "Keep one: remove the second `---`."),
    ("another document", "has a second document", "Keep one: remove the second `---`."),
    (
        "mapping values are not allowed",
        "has a colon where no key can be",
        "Indent the line like its neighbours, or quote a text that contains `: `.",
    ),
    ("cannot start any token", "has text that starts with a special character", "Quote the text."),
    ("control characters", "has a control character", "Remove the character."),
    ("special characters", "has a control character", "Remove the character."),
    ("quoted scalar", "has quotes that do not close", "Close the quotes."),
    ("expected ',' or", "has brackets that do not close", "Close them, and separate entries by commas."),
    ("expected node content", "breaks off where a value must be", "Write the value, or close the brackets."),
    (
        "expected key",
        "has a line that is neither a key nor a part of the value above",
        "Indent it like its neighbours.",
    ),
)


@dataclass(frozen=True, slots=True)
class Source:
    """A file's name, as reports shall call it, and its text."""

    file: str
    text: str


class _Loader(_Base):
    """A loader whose scalars mean what they look like."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own registry, filled below


_Loader.add_implicit_resolver(f"{_TAG}bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver(f"{_TAG}int", re.compile(r"^-?(?:0|[1-9][0-9]{0,17})$"), list("-0123456789"))
_Loader.add_implicit_resolver(
    f"{_TAG}float", re.compile(r"^-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,18}$"), list("-0123456789")
)
_Loader.add_implicit_resolver(f"{_TAG}null", re.compile(r"^(?:null|~|)$"), ["n", "~", ""])
_Loader.add_implicit_resolver(f"{_TAG}merge", re.compile(r"^<<$"), ["<"])


def parse(source: Source, *, shared: bool = False) -> tuple[Node | None, list[Problem]]:
    """Read a file whose top level is a mapping.

    Args:
        shared: an alias is the very value that it names, under the path where that stands: for long lists
            that say the same many times.

    Returns:
        The marked value, or nothing when the text cannot be read at all; and the problems of the text.
    """
    reader = _Reader(source.file, shared=shared)
    try:
        root = yaml.compose(source.text, Loader=_Loader)
        node = reader.top(root)
    except yaml.YAMLError as error:
        return None, [_syntax(source, error)]
    except RecursionError:
        return None, [placed(Mark(source.file, 1, 1), (), "is nested too deep", "Flatten it.")]
    return node, reader.problems


class _Reader:
    """Turn PyYAML's nodes into ours; each use of an alias is a value of its own, unless ``shared``."""

    def __init__(self, file: str, *, shared: bool) -> None:
        self.file = file
        self._shared: dict[int, Node] | None = {} if shared else None
        self.problems: list[Problem] = []

    def top(self, root: Any) -> Node | None:
        start = Mark(self.file, 1, 1)
        if root is None:
            self.problems.append(placed(start, (), "is empty", "Start it with `version: 1`."))
            return None
        if not isinstance(root, MappingNode):
            self._problem(root, (), "is not a mapping of keys to values", "Start it with `version: 1`.")
            return None
        weight = _Weight()
        size, levels = weight.of(root)
        if weight.cycle is not None:
            self._problem(weight.cycle, (), "has an alias that contains itself", "Write the value out.")
            return None
        if levels > MOST_LEVELS:
            self._problem(root, (), f"is nested {levels} levels deep", f"Write at most {MOST_LEVELS}.")
            return None
        if size > MOST_VALUES and size > 10 * len(weight.sizes):
            what = f"grows to {size} values through its aliases"
            self._problem(root, (), what, "Write fewer aliases of aliases.")
            return None
        return self._node(root, (), start)

    def _node(self, node: Any, path: Path, key: Mark) -> Node:
        if self._shared is not None and id(node) in self._shared:
            return self._shared[id(node)]
        mark = self._mark(node)
        if isinstance(node, MappingNode):
            self._expect_tag(node, path, "map")
            made = Node(self._entries(node, path), mark, key, path)
            if self._shared is not None:
                self._shared[id(node)] = made
            return made
        if isinstance(node, SequenceNode):
            self._expect_tag(node, path, "seq")
            items = [self._node(item, (*path, i), self._mark(item)) for i, item in enumerate(node.value)]
            return Node(items, mark, key, path)
        return Node(self._scalar(node, path), mark, key, path)

    def _entries(self, node: MappingNode, path: Path) -> dict[str, Node]:
        own: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode) or (key.tag == f"{_TAG}null" and not key.value):
                self._problem(key, path, "has a key that is not text", "Write `name: value`.")
            elif key.value in own:
                first = own[key.value].key.line
                what = f"duplicate key {key.value!r}, first written on line {first}"
                self._problem(key, (*path, key.value), what, "Keep one of them.")
            elif key.tag == f"{_TAG}merge":
                merged = self._merged(value, path) | merged
            else:
                own[key.value] = self._node(value, (*path, key.value), self._mark(key))
        return merged | own

    def _merged(self, node: Any, path: Path) -> dict[str, Node]:
        sources = node.value if isinstance(node, SequenceNode) else [node]
        merged: dict[str, Node] = {}
        for source in reversed(sources):
            if isinstance(source, MappingNode):
                merged |= self._entries(source, path)
            else:
                self._problem(
                    source,
                    (*path, "<<"),
                    "merges what is not a mapping",
                    "Merge an alias of a mapping: `<<: *name`.",
                )
        return merged

    def _scalar(self, node: Any, path: Path) -> Any:
        kind = str(node.tag).removeprefix(_TAG)
        text = str(node.value)
        try:
            if kind in ("int", "float"):
                return int(text) if kind == "int" else float(text)
        except ValueError:
            kind = f"!!{kind} {text}"
        if kind == "null":
            return None
        if kind == "bool" and text in ("true", "false"):
            return text == "true"
        if kind != "str":
            self._expect_tag(node, path, "str")
        return text

    def _expect_tag(self, node: Any, path: Path, kind: str) -> None:
        if node.tag != f"{_TAG}{kind}":
            tag = str(node.tag).replace(_TAG, "!!")
            self._problem(node, path, f"has the tag {tag!r}, which is not read here", "Remove the tag.")

    def _problem(self, node: Any, path: Path, what: str, way_out: str) -> None:
        self.problems.append(placed(self._mark(node), path, what, way_out))

    def _mark(self, node: Any) -> Mark:
        return Mark(self.file, node.start_mark.line + 1, node.start_mark.column + 1)


class _Weight:
    """Count the values and levels of a node with its aliases written out; notice a circle."""

    def __init__(self) -> None:
        self.sizes: dict[int, tuple[int, int]] = {}
        self.cycle: Any = None
        self._open: set[int] = set()

    def of(self, node: Any) -> tuple[int, int]:
        if id(node) in self._open:
            self.cycle = self.cycle or node
            return 1, 1
        if id(node) not in self.sizes:
            self._open.add(id(node))
            parts = [self.of(part) for part in _parts(node)]
            levels = 1 + max((depth for _, depth in parts), default=0)
            self.sizes[id(node)] = 1 + sum(size for size, _ in parts), levels
            self._open.remove(id(node))
        return self.sizes[id(node)]


def _parts(node: Any) -> list[Any]:
    if isinstance(node, MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, SequenceNode) else []


def _syntax(source: Source, error: yaml.YAMLError) -> Problem:
    place = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line, col = (place.line, place.column) if place else _position(source.text, getattr(error, "position", 0))
    told = " ".join(
        str(getattr(error, part, None) or "") for part in ("problem", "context", "reason")
    ).strip()
    mark = Mark(source.file, line + 1, col + 1)
    if _indented_by_tab(source.text, line, col):
        return placed(mark, (), "has a tab in its indentation", "Use spaces.")
    for sign, what, way_out in _SYNTAX:
        if sign in told:
            return placed(mark, (), what, way_out)
    return placed(mark, (), f"is not YAML ({told})", "Check indentation, quotes and brackets.")


def _indented_by_tab(text: str, line: int, col: int) -> bool:
    lines = text.splitlines()
    start = lines[line][: col + 1] if line < len(lines) else ""
    return "\t" in start and not start.strip()


def _position(text: str, position: int) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n"), position - before.rfind("\n") - 1
