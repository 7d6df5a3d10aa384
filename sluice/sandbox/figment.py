"""JSON that fits a schema, made up of what was said where that has something of the kind."""

import re
from collections.abc import Mapping
from typing import Any

DEPTH = 6


def made_up(schema: Mapping[str, Any], said: str) -> Any:
    """Make a value of a JSON Schema; a number is the first that was said, a text what follows a colon.

    >>> made_up({"type": "object", "properties": {"n": {"type": "integer"}}}, "magic(3)")
    {'n': 3}
    """
    return _value(schema, said, schema.get("$defs") or schema.get("definitions") or {}, DEPTH)


def _value(schema: Mapping[str, Any], said: str, known: Mapping[str, Any], depth: int) -> Any:
    schema = _resolved(schema, known)
    if "const" in schema or schema.get("enum"):
        return schema["const"] if "const" in schema else schema["enum"][0]
    kind = schema.get("type") or ("array" if "items" in schema else "object")
    kind = next((each for each in kind if each != "null"), "null") if isinstance(kind, list) else kind
    if kind == "object":
        properties = schema.get("properties") or {} if depth else {}
        return {name: _value(each, said, known, depth - 1) for name, each in properties.items()}
    if kind == "array":
        count = max(1, schema.get("minItems") or 1) if depth else 0
        return [_value(schema.get("items") or {"type": "string"}, said, known, depth - 1)] * count
    return _simple(kind, schema, said)


def _resolved(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference, and take the first of several."""
    if name := str(schema.get("$ref") or "").rpartition("/")[2]:
        return _resolved(known.get(name) or {}, known)
    for word in ("anyOf", "oneOf", "allOf"):
        if schema.get(word):
            return _resolved(schema[word][0], known)
    return schema


def _simple(kind: str, schema: Mapping[str, Any], said: str) -> Any:
    if kind in ("integer", "number"):
        found = re.search(r"-?\d+(?:\.\d+)?", said)
        number = float(found[0]) if found else 1.0
        number = min(max(number, schema.get("minimum", number)), schema.get("maximum", number))
        return int(number) if kind == "integer" else number
    if kind == "boolean":
        return True
    if kind == "null":
        return None
    return said.rpartition(": ")[2].strip(" .\n")[:80] or "a word"
