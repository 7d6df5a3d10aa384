"""The smallest call of a model: words, what is required and no more, the shortest clip, the fewest pixels."""

from collections.abc import Mapping
from typing import Any

from gateway.domain import request
from gateway.plan import MEDIA, Model, Parameter

FILE = "https://example.com/a"
# One of several that no entry can require by itself.
BESIDES: dict[str, dict[str, Any]] = {"outpaint": {"left": 64}}


def call_of(model: Model, operation: str, files: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Choose the parameters of a call.

    Args:
        files: medium -> the URL of one.
    """
    known = request.parameters_of(model, operation)
    needed = {name: value_of(p, files or {}) for name, p in known.items() if p.required or name == "prompt"}
    needed |= {"messages": [{"role": "user", "content": "a fox"}]} if operation == "chat" else {}
    needed |= BESIDES.get(model.id, {})
    for name in {"duration", "resolution"} & known.keys():
        least = next(iter(known[name].enum), known[name].minimum)
        needed |= {} if least is None else {name: int(least) if known[name].type == "integer" else least}
    return needed


def value_of(parameter: Parameter, files: Mapping[str, str]) -> Any:
    """Choose a value that a parameter takes."""
    if parameter.enum:
        return parameter.enum[0]
    if parameter.type in MEDIA:
        return files.get(parameter.type, FILE)
    numbers: dict[str, type] = {"integer": int, "number": float, "boolean": bool}
    if parameter.type in numbers:
        return numbers[parameter.type](parameter.minimum or 1)
    if parameter.type == "array":
        return [files.get(parameter.items, FILE) if parameter.items else "a fox"]
    return "a fox"
