"""Whether a value is one that a parameter takes, by what its entry says."""

from typing import Any

from infra.compile import vocabulary
from infra.compile.node import Node
from infra.compile.problems import show

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "any": (object,),
    **dict.fromkeys(vocabulary.MEDIA, (str,)),
}


def fault(parameter: Node, value: Any) -> tuple[str, str] | None:
    """Word why a parameter does not take a value, and the way out; nothing when it does."""
    kind = parameter.at("type").text or "string"
    if kind in _TYPES and not is_a(kind, value):
        return f"{show(value)} is not of type {kind}", _way_out(kind, value)
    allowed = [item.plain() for item in parameter.at("enum").elements]
    if allowed and value not in allowed:
        return f"{show(value)} is not allowed", f"Write one of {', '.join(map(show, allowed))}."
    return _out_of_range(parameter, value)


def is_a(kind: str, value: Any) -> bool:
    """Tell whether a value has a parameter's type; true and false are no numbers."""
    return isinstance(value, _TYPES[kind]) and (kind in ("boolean", "any") or not isinstance(value, bool))


def number(node: Node) -> float | None:
    """Return a node's number, if it is one."""
    return node.value if isinstance(node.value, int | float) and not isinstance(node.value, bool) else None


def _way_out(kind: str, value: Any) -> str:
    if kind in ("string", *vocabulary.MEDIA) and isinstance(value, bool | int | float):
        return f'Quote it: "{show(value)}".'
    return f"Write {'an' if kind[0] in 'aeiou' else 'a'} {kind}."


def _out_of_range(parameter: Node, value: Any) -> tuple[str, str] | None:
    least, most, longest = (number(parameter.at(key)) for key in ("minimum", "maximum", "max_length"))
    if isinstance(value, int | float):
        if least is not None and value < least:
            return f"{show(value)} is below the minimum", f"Write at least {least:g}."
        if most is not None and value > most:
            return f"{show(value)} is above the maximum", f"Write at most {most:g}."
    if isinstance(value, str) and longest is not None and len(value) > longest:
        return f"has {len(value)} characters", f"Write at most {longest:g}."
    return None
