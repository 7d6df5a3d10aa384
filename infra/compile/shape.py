"""Read a marked value into its schema, and word whatever does not fit by our own rules, at its place."""

from collections.abc import Callable
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from infra.compile.node import Node, Path
from infra.compile.problems import Problem, at, at_key, show, unknown
from infra.compile.schema.kinds import REFUSED, Part

P = TypeVar("P", bound=Part)
Worded = tuple[str, str]


def fit(node: Node, part: type[P]) -> tuple[P | None, list[Problem]]:
    """Read a value as a part.

    Returns:
        The part, or nothing when it has problems; and all its problems.
    """
    try:
        return part.model_validate(node.plain()), []
    except ValidationError as error:
        return None, [_problem(node, part, details) for details in error.errors(include_url=False)]


def _problem(node: Node, part: type[Part], details: ErrorDetails) -> Problem:
    loc = tuple(step for step in details["loc"] if step != "[key]")
    kind, context = details["type"], details.get("ctx", {})
    found = node.nearest(loc)
    if kind == "missing":
        return at_key(found.at(str(loc[-1])), f"required key {loc[-1]!r} is missing", _example(part, loc))
    if kind == "extra_forbidden":
        return at_key(found, *_unknown_key(part, loc))
    if kind == REFUSED:
        what = "is empty" if found.value is None else context["what"]
        return (at_key if "[key]" in details["loc"] else at)(found, what, context["way_out"])
    what, way_out = _WORDS.get(kind, _other)(found, context)
    return at(found, "is empty" if found.value is None else what, way_out)


def _other(node: Node, context: dict[str, Any]) -> Worded:
    return f"{show(node.value)} does not fit here", "Compare with the schema in schemas/."


def _not_text(node: Node, context: dict[str, Any]) -> Worded:
    simple = isinstance(node.value, bool | int | float)
    return f"{show(node.value)} is not text", f'Quote it: "{show(node.value)}".' if simple else "Write text."


def _not_whole(node: Node, context: dict[str, Any]) -> Worded:
    quoted = isinstance(node.value, str) and node.value.isdecimal()
    return (
        f"{show(node.value)} is not a whole number",
        "Write it without quotes." if quoted else "Write one, such as 10.",
    )


def _not_number(node: Node, context: dict[str, Any]) -> Worded:
    return f"{show(node.value)} is not a number", "Write one, without quotes."


def _not_boolean(node: Node, context: dict[str, Any]) -> Worded:
    return (
        f"{show(node.value)} is neither true nor false",
        "Write true or false, in small letters and without quotes.",
    )


def _not_list(node: Node, context: dict[str, Any]) -> Worded:
    simple = isinstance(node.value, str | bool | int | float)
    way_out = f"Write it in brackets: [{show(node.value)}]." if simple else "Write a list: [a, b]."
    return f"{show(node.value)} is not a list", way_out.replace("'", "")


def _not_mapping(node: Node, context: dict[str, Any]) -> Worded:
    return f"{show(node.value)} is not a mapping", "Write `key: value` entries."


def _too_small(node: Node, context: dict[str, Any]) -> Worded:
    least = context.get("ge", context.get("gt"))
    return (
        f"{show(node.value)} is too small",
        f"Write {'at least' if 'ge' in context else 'more than'} {least}.",
    )


def _too_large(node: Node, context: dict[str, Any]) -> Worded:
    return f"{show(node.value)} is too large", f"Write at most {context.get('le')}."


def _too_short(node: Node, context: dict[str, Any]) -> Worded:
    return "is empty", "Write at least one entry."


def _no_text(node: Node, context: dict[str, Any]) -> Worded:
    return "is empty", "Write text, or remove the key."


_WORDS: dict[str, Callable[[Node, dict[str, Any]], Worded]] = {
    "string_type": _not_text,
    "int_type": _not_whole,
    "int_from_float": _not_whole,
    "float_type": _not_number,
    "bool_type": _not_boolean,
    "list_type": _not_list,
    "dict_type": _not_mapping,
    "model_type": _not_mapping,
    "model_attributes_type": _not_mapping,
    "greater_than_equal": _too_small,
    "greater_than": _too_small,
    "less_than_equal": _too_large,
    "too_short": _too_short,
    "string_too_short": _no_text,
}


def _example(part: type[Part], loc: Path) -> str:
    owner = _owner(part, loc[:-1])
    examples = owner.model_fields[str(loc[-1])].examples if owner else None
    return f"Add it, such as `{examples[0]}`." if examples else "Add it."


def _unknown_key(part: type[Part], loc: Path) -> Worded:
    owner, key = _owner(part, loc[:-1]), str(loc[-1])
    fields = owner.model_fields if owner else {}
    for name, field in fields.items():
        inner = _bare(field.annotation)
        if isinstance(inner, type) and issubclass(inner, Part) and key in inner.model_fields:
            return f"key {key!r} is not known here", f"It belongs one level deeper: `{name}: {{{key}: ...}}`."
    return unknown("key", key, fields)


def _owner(part: type[Part], loc: Path) -> type[Part] | None:
    """Find the part that a location leads to, by the annotations on the way."""
    kind: Any = part
    for step in loc:
        if isinstance(kind, type) and issubclass(kind, Part):
            kind = kind.model_fields[str(step)].annotation
        else:
            kind = get_args(kind)[-1]
        kind = _bare(kind)
    return kind if isinstance(kind, type) and issubclass(kind, Part) else None


def _bare(kind: Any) -> Any:
    """Take off ``Annotated`` and ``| None``."""
    while hasattr(kind, "__metadata__"):
        kind = kind.__origin__
    if get_origin(kind) in (Union, UnionType):
        return _bare(next(arg for arg in get_args(kind) if arg is not type(None)))
    return kind
