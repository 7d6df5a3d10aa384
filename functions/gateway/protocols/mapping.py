"""The small language in which the catalogue says where a value stands: paths and templates.

A path is names joined by dots; ``[0]`` is one item of a list, ``[]`` is every item.
``header:x-cost`` is a header, where an answer is looked at. ``a|b`` is ``b`` where ``a`` has nothing.

>>> get({"data": [{"url": "a"}, {"url": "b"}]}, "data[].url")
['a', 'b']
>>> get({"done": True}, "done"), get({"done": True}, "error.code")
([True], [])
>>> get(None, "header:X-Cost", {"x-cost": "0.04"})
['0.04']
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any

_PART = re.compile(r"([^.\[\]]+)|\[(\d*)\]")
_NUMBER = re.compile(r"\d+(\.\d+)?([eE][-+]?\d+)?")
_HEADER = "header:"
_NONE: Mapping[str, str] = {}


def get(tree: Any, path: str, headers: Mapping[str, str] = _NONE) -> list[Any]:
    """Return all values at a path, in order; null and absent are the same.

    Args:
        headers: names in lower case.
    """
    return next((found for each in path.split("|") if (found := _at(tree, each, headers))), [])


def first(tree: Any, path: str, headers: Mapping[str, str] = _NONE) -> Any:
    """Return the first value at a path, or ``None``."""
    return next(iter(get(tree, path, headers)), None) if path else None


def text(value: Any) -> str:
    """Write a value as the catalogue's tables spell it: ``true``, ``429``, ``IN_QUEUE``, empty for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def number(value: Any) -> float | None:
    """Read a count or a time from zero up, also one that is written as text, as a header has it.

    >>> number("7"), number(2.5), number("soon"), number(None), number(True)
    (7.0, 2.5, None, None, None)
    """
    return float(text(value)) if _NUMBER.fullmatch(text(value)) else None


def put(tree: Any, path: str, value: Any) -> None:
    """Set a value at a path, making the objects and list items on the way.

    >>> body = {"contents": [{"parts": []}]}
    >>> put(body, "contents[0].parts[0].text", "hi")
    >>> body
    {'contents': [{'parts': [{'text': 'hi'}]}]}

    ``[]`` at the end adds an item to a list:

    >>> put(body, "contents[0].parts[]", {"inlineData": {}})
    >>> body
    {'contents': [{'parts': [{'text': 'hi'}, {'inlineData': {}}]}]}
    """
    parts = _parts(path)
    for part, following in pairwise(parts):
        tree = _enter(tree, part, {} if isinstance(following, str) else [])
    if parts[-1] is None:
        tree.append(value)
        return
    if isinstance(tree, list) and isinstance(parts[-1], int):
        tree += [None] * (parts[-1] + 1 - len(tree))
    tree[parts[-1]] = value


def fill(template: Any, names: Mapping[str, str]) -> Any:
    """Fill ``{names}`` into every text of a template tree.

    >>> fill({"model": "{endpoint}", "n": 1}, {"endpoint": "m-1"})
    {'model': 'm-1', 'n': 1}
    """
    if isinstance(template, str):
        return template.format_map(names) if "{" in template else template
    if isinstance(template, dict):
        return {key: fill(value, names) for key, value in template.items()}
    if isinstance(template, list):
        return [fill(value, names) for value in template]
    return template


def _at(tree: Any, path: str, headers: Mapping[str, str]) -> list[Any]:
    if path.startswith(_HEADER):
        value = headers.get(path.removeprefix(_HEADER).lower())
        return [value] if value else []
    found = [tree]
    for part in _parts(path):
        found = [value for item in found for value in _step(item, part) if value is not None]
    return found


@lru_cache(maxsize=1024)
def _parts(path: str) -> tuple[str | int | None, ...]:
    """Split a path: names, indices, ``None`` for every item."""
    return tuple(name if name else (int(index) if index else None) for name, index in _PART.findall(path))


def _step(item: Any, part: str | int | None) -> list[Any]:
    if part is None:
        return item if isinstance(item, list) else []
    if isinstance(part, int):
        return item[part : part + 1] if isinstance(item, list) else []
    return [item.get(part)] if isinstance(item, dict) else []


def _enter(tree: Any, part: str | int | None, empty: Any) -> Any:
    if isinstance(part, int):
        while len(tree) <= part:
            tree.append(type(empty)())
        return tree[part]
    return tree.setdefault(part, empty)
