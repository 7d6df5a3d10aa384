"""YAML as people mean it."""

from typing import Any

import pytest

from infra.compile.node import Mark
from infra.compile.source import Source, parse


def read(text: str) -> Any:
    """Read a text that has no problems."""
    node, problems = parse(Source("x.yaml", text))
    assert problems == []
    assert node is not None
    return node.plain()


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("true", True),
        ("false", False),
        ("True", "True"),
        ("yes", "yes"),
        ("off", "off"),
        ("'true'", "true"),
        ("~", None),
        ("null", None),
        ("", None),
        ("0", 0),
        ("-12", -12),
        ("0.40", 0.4),
        ("007", "007"),
        ("0o17", "0o17"),
        ("0x1f", "0x1f"),
        ("1_000", "1_000"),
        ("1e3", "1e3"),
        ("1:30", "1:30"),
        ("+5", "+5"),
        (".5", ".5"),
        (".inf", ".inf"),
        ("2026-11-22", "2026-11-22"),
        ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z"),
        ("!!str 5", "5"),
        ("9" * 40, "9" * 40),
        ("=", "="),
    ],
)
def test_scalars_are_what_they_look_like(written: str, read_as: Any) -> None:
    """
    Only true and false are truth values, and only plain decimals are numbers.
    """
    value = read(f"key: {written}\n")["key"]

    assert value == read_as
    assert type(value) is type(read_as)


@pytest.mark.parametrize("key", ["on", "yes", "1", "1.10", "true", "2026-11-22", "0x1f", "''"])
def test_keys_are_text_as_written(key: str) -> None:
    """
    A key is never turned into a number, a date or a truth value.
    """
    assert read(f"{key}: x\n") == {key.strip("'"): "x"}


def test_byte_order_mark_and_windows_lines_are_read() -> None:
    """
    A file from another editor has the same meaning and the same places.
    """
    node, problems = parse(Source("x.yaml", "\ufeffa: 1\r\nb:\r\n  c: 2\r\n"))

    assert problems == []
    assert node is not None
    assert node.plain() == {"a": 1, "b": {"c": 2}}
    assert node.at("b", "c").mark == Mark("x.yaml", 3, 6)


def test_marks_are_of_keys_and_of_values() -> None:
    """
    A value knows where it and its key start, and how one comes there.
    """
    node, _ = parse(Source("x.yaml", "a:\n  - {b: 1}\n  - c\n"))

    assert node is not None
    inner = node.at("a").elements[0].at("b")
    assert (inner.key, inner.mark) == (Mark("x.yaml", 2, 6), Mark("x.yaml", 2, 9))
    assert inner.path == ("a", 0, "b")


def test_absent_values_have_their_parents_place() -> None:
    """
    What is not there is looked for where it should be.
    """
    node, _ = parse(Source("x.yaml", "a:\n  b: 1\n"))

    assert node is not None
    absent = node.at("a", "c", "d")
    assert not absent.present
    assert (absent.mark, absent.path) == (Mark("x.yaml", 1, 1), ("a", "c", "d"))


def test_merged_keys_yield_to_those_written_beside() -> None:
    """
    The entry's own keys win over merged ones, and an earlier merge over a later.
    """
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {x: 3, <<: [*a, *b]}\n"

    assert read(text)["c"] == {"x": 3, "y": 1, "z": 2}


def test_uses_of_an_alias_have_paths_of_their_own() -> None:
    """
    A report names the entry that one looks at, even where two share their text.
    """
    node, _ = parse(Source("x.yaml", "a: &a {x: 1}\nb: *a\n"))

    assert node is not None
    assert node.at("b", "x").path == ("b", "x")
    assert node.at("b", "x").mark == node.at("a", "x").mark


def test_many_honest_aliases_are_no_bomb() -> None:
    """
    Forty entries that share one text are read.
    """
    text = "a: &a {x: [1, 2, 3]}\n" + "".join(f"b{i}: *a\n" for i in range(40))

    assert len(read(text)) == 41


@pytest.mark.parametrize(("start", "end"), [("[", "]"), ("{b: ", "}")])
def test_endless_nesting_is_refused(start: str, end: str) -> None:
    """
    Depth is a problem, not a crash.
    """
    node, problems = parse(Source("x.yaml", f"a: {start * 5000}{end * 5000}"))

    assert node is None
    assert [str(problem) for problem in problems] == ["x.yaml:1:1: (file): is nested too deep. Flatten it."]


def test_aliases_do_not_nest_endlessly_either() -> None:
    """
    A chain of aliases is as deep as brackets are.
    """
    text = "a0: &a0 1\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 700))

    node, problems = parse(Source("x.yaml", text))

    assert node is None
    assert str(problems[0]) == "x.yaml:1:1: (file): is nested 701 levels deep. Write at most 64."
