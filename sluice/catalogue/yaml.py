"""Values as YAML in one line, and equal texts for equal values."""

import json
import re
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*(?:\{\})?|[A-Za-z0-9_]+(?:/[A-Za-z0-9_.-]+)+")
_WORDS = ("true", "false", "null")


def flow(value: Any) -> str:
    """Write a value in one line.

    >>> flow({"to": "image_urls[]", "enum": ["16:9", "auto"], "required": True})
    '{to: "image_urls[]", enum: ["16:9", auto], required: true}'
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key(name)}: {flow(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        return key(value)
    if isinstance(value, float):
        return f"{value:.10f}".rstrip("0") + ("0" if value == int(value) else "")
    return json.dumps(value)


def key(text: str) -> str:
    """Write a text, in quotes only where it would be something else without them."""
    return text if _PLAIN.fullmatch(text) and text not in _WORDS else json.dumps(text, ensure_ascii=False)
