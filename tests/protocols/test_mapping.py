"""The language of paths and templates."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.protocols import mapping

NAMES = st.sampled_from(["a", "b", "url", "task_id", "x-y"])
PARTS = st.lists(st.one_of(NAMES, st.integers(0, 3)), max_size=4)
TREE = {"data": [{"url": "a", "n": 0}, {"url": None}, {"url": "b"}], "done": False, "list": [[1], [2, 3]]}


def written(parts: list[str | int]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).removeprefix(".")


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("data[].url", ["a", "b"]),
        ("data[0].n", [0]),
        ("data[2].url", ["b"]),
        ("data[9].url", []),
        ("data[1].url", []),
        ("data.url", []),
        ("done", [False]),
        ("done.deeper", []),
        ("list[][]", [1, 2, 3]),
        ("list[1][0]", [2]),
        ("absent[].x", []),
        ("absent|done", [False]),
        ("data[1].url|data[].url", ["a", "b"]),
    ],
)
def test_a_path_finds_what_is_there_in_order(path: str, found: list[Any]) -> None:
    """
    Null and absent are the same; a path into something of another shape finds nothing.
    """
    assert mapping.get(TREE, path) == found


@pytest.mark.parametrize("body", [None, [], "text", 7, True])
def test_a_body_of_another_shape_has_nothing(body: Any) -> None:
    """
    Whatever a provider answers, looking into it is safe.
    """
    assert mapping.get(body, "data[].url") == []
    assert mapping.first(body, "data") is None


def test_no_path_finds_nothing_first() -> None:
    """
    An entry that does not say where means nowhere, not everything.
    """
    assert mapping.first(TREE, "") is None


@given(st.tuples(NAMES, PARTS), st.integers())
def test_what_is_put_is_found_again(start: tuple[str, list[str | int]], value: int) -> None:
    """
    Any path with names and indexes can be written to an empty body, and reads the same value back.
    """
    path = written([start[0], *start[1]])
    tree: dict[str, Any] = {}

    mapping.put(tree, path, value)

    assert mapping.get(tree, path) == [value]


@given(st.tuples(NAMES, PARTS), st.integers(0, 3))
def test_a_put_writes_one_place_alone(start: tuple[str, list[str | int]], index: int) -> None:
    """
    The items that are made on the way are each their own: nothing shows up twice.
    """
    tree: dict[str, Any] = {}

    mapping.put(tree, f"items[{index}].{written([start[0], *start[1]])}", "here")

    assert str(tree).count("here") == 1


def test_items_may_be_put_in_any_order() -> None:
    """
    A later item may come first, because parameters come in the catalogue's order.
    """
    tree: dict[str, Any] = {}

    mapping.put(tree, "items[1].url", "b")
    mapping.put(tree, "items[0].url", "a")

    assert tree == {"items": [{"url": "a"}, {"url": "b"}]}


def test_a_put_keeps_what_stands_beside_it() -> None:
    """
    Two parameters may share the objects above them.
    """
    tree = {"config": {"kept": 1}, "parts": [{"kind": "text"}]}

    mapping.put(tree, "config.size", "1K")
    mapping.put(tree, "parts[0].text", "hi")

    assert tree == {"config": {"kept": 1, "size": "1K"}, "parts": [{"kind": "text", "text": "hi"}]}


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, ""), (True, "true"), (False, "false"), (429, "429"), (0, "0"), ("IN_QUEUE", "IN_QUEUE")],
)
def test_values_are_spelled_as_tables_spell_them(value: Any, said: str) -> None:
    """
    The catalogue's tables hold texts, the providers' answers hold anything.
    """
    assert mapping.text(value) == said


def test_a_template_is_filled_wherever_it_stands() -> None:
    """
    Texts in objects and lists are filled; other values and the template itself stay as they are.
    """
    template = {"model": "{endpoint}", "list": ["{a}-{b}", 1, None], "deep": {"plain": "x"}}

    filled = mapping.fill(template, {"endpoint": "m", "a": "1", "b": "{a}"})

    assert filled == {"model": "m", "list": ["1-{a}", 1, None], "deep": {"plain": "x"}}
    assert template["model"] == "{endpoint}"
