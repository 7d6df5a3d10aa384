"""What a client in TypeScript says of endpoints: types of inputs and outputs, and a map of endpoints to both.

Reads the declarations that generators write: one field a line, its remark above, its default in the remark.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

_TYPE = re.compile(r"^export type (\w+) = \{\n(.*?)^\};", re.DOTALL | re.MULTILINE)
_ALIAS = re.compile(r"^export type (\w+) = ([^{].*?);$", re.MULTILINE)
_FIELD = re.compile(
    r"(?:^    /\*\*(.*?)\*/\n)?^    (\w+)(\??): (.*?);$(?=\n    /\*\*|\n    \w|\n*\Z)",
    re.DOTALL | re.MULTILINE,
)
_ENDPOINT = re.compile(r'^    "([^"]+)": \{\n        input: (\w+);\n        output: (\w+);', re.MULTILINE)
_DEFAULT = re.compile(r"Default value: `(.*?)`")
_LITERAL = re.compile(r'"[^"]*"|-?\d+(?:\.\d+)?')


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an input or an output.

    Args:
        type: as declared, names of other types resolved where they stand for a union.
        choices: the values of a closed union.
    """

    type: str
    required: bool
    default: Any = None
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """An endpoint's inputs and outputs by name."""

    inputs: dict[str, Field]
    outputs: dict[str, Field]


def read(text: str) -> dict[str, Signature]:
    """Read declarations: endpoint -> signature."""
    aliases = dict(_ALIAS.findall(text))
    types = dict(_TYPE.findall(text))

    def fields(name: str) -> dict[str, Field]:
        while name in aliases and name not in types:
            name = aliases[name]
        return {f[1]: _field(f, aliases) for f in _FIELD.findall(types.get(name, ""))}

    return {name: Signature(fields(given), fields(made)) for name, given, made in _ENDPOINT.findall(text)}


def _field(found: tuple[str, str, str, str], aliases: dict[str, str]) -> Field:
    remark, _, optional, declared = found
    declared = " ".join(declared.split())
    declared = aliases.get(declared, declared)
    default = _DEFAULT.search(" ".join(remark.replace("*", " ").split()))
    return Field(declared, not optional, _value(default[1]) if default else None, _choices(declared))


def _choices(declared: str) -> tuple[Any, ...]:
    parts = [part.strip() for part in declared.split(" | ")]
    return tuple(map(json.loads, parts)) if all(map(_LITERAL.fullmatch, parts)) else ()


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
