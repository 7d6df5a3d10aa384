"""The body of a request: parameters at their places in the step's skeleton, files in their shapes."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import msgspec

from gateway.domain.media import EXTENSIONS
from gateway.domain.medium import Medium
from gateway.plan import Parameter
from gateway.protocols import mapping
from gateway.wire import Step

_KINDS: dict[str, Callable[[Any], Any]] = {"string": mapping.text, "integer": int, "number": float}


@dataclass(frozen=True, slots=True)
class File:
    """A part of a form that is a file."""

    media_type: str
    data: bytes = field(repr=False)


def write(
    step: Step, names: Mapping[str, str], parameters: Mapping[str, Parameter], arguments: Mapping[str, Any]
) -> tuple[str, bytes | None]:
    """Write a step's body: its content type and its bytes, or nothing where it sends none."""
    if step.encoding == "none":
        return "", None
    tree = mapping.fill(deepcopy(step.body), names)
    sent = [(p.to or name, p, arguments[name]) for name, p in parameters.items() if name in arguments]
    # What is added to a list comes last, so that it never takes a place that is named by its number.
    for path, parameter, value in sorted(sent, key=lambda each: each[0].endswith("[]")):
        if parameter.place != "body":
            continue
        values = value if parameter.items and path.endswith("[]") else [value]
        for each in values:
            if (word := spelled(parameter, each)) is not None:
                mapping.put(tree, path, word)
    return _form(tree) if step.encoding == "multipart" else ("application/json", msgspec.json.encode(tree))


def spelled(parameter: Parameter, value: Any) -> Any:
    """Write a value as the provider wants it."""
    if parameter.medium:
        return (
            [_shaped(parameter, each) for each in value]
            if isinstance(value, list)
            else _shaped(parameter, value)
        )
    value = parameter.values.get(mapping.text(value), value)
    if parameter.form:
        return parameter.form.format(mapping.text(value))
    return _KINDS[parameter.as_type](value) if parameter.as_type else value


def _shaped(parameter: Parameter, value: Medium | str) -> Any:
    medium = value if isinstance(value, Medium) else Medium(url=value)
    if parameter.shape is None:
        return medium.url
    if parameter.shape == "{file}":
        return File(medium.media_type, medium.data)
    names = {"url": medium.url, "base64": medium.base64, "media_type": medium.media_type}
    return mapping.fill(parameter.shape, names)


def _form(fields: Mapping[str, Any]) -> tuple[str, bytes]:
    """Write a form (RFC 7578), between boundaries that no part can hold: their own digest."""
    parts = [part for name, value in fields.items() for part in _parts(name, value)]
    boundary = hashlib.sha256(b"".join(parts)).hexdigest()
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), part) for part in parts)
    return f"multipart/form-data; boundary={boundary}", body + f"--{boundary}--\r\n".encode()


def _parts(name: str, value: Any) -> Iterator[bytes]:
    """Write a field: a text, a file, or for a list one part an item under the name with ``[]``."""
    if isinstance(value, list):
        for item in value:
            yield from _parts(f"{name}[]", item)
        return
    head = f'Content-Disposition: form-data; name="{name}"'
    if isinstance(value, File):
        file = f'; filename="{name.removesuffix("[]")}.{EXTENSIONS.get(value.media_type, "bin")}"'
        yield f"{head}{file}\r\nContent-Type: {value.media_type}\r\n\r\n".encode() + value.data
    else:
        yield f"{head}\r\n\r\n{mapping.text(value)}".encode()
