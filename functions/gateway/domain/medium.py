"""Files that a request brings, by URL or by the reference of an upload; and how targets take them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any

from gateway.plan import Parameter

REFERENCE = "upl_"
# What a shape is made of besides ``url``: it takes the bytes.
INLINE = frozenset({"base64", "file"})
# The most that is sent inside a request: of one file, and together; a worker's memory holds that thrice.
INLINE_BYTES = 20 * 1024 * 1024
INLINE_BYTES_TOGETHER = 32 * 1024 * 1024
_LOOPBACK = ("http://127.0.0.1", "http://localhost")


@dataclass(frozen=True, slots=True)
class Medium:
    """One file as a target is given it; only what its shape names is filled in."""

    url: str = field(default="", repr=False)
    media_type: str = ""
    base64: str = field(default="", repr=False)
    data: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request has a file.

    Args:
        name: the parameter's, with an index where it is a list, such as ``images[1]``.
        given: the URL or reference, as the caller wrote it.
    """

    name: str
    parameter: Parameter
    given: str = field(repr=False)

    @property
    def inline(self) -> bool:
        """Whether the target takes the file's bytes."""
        return bool(gaps(self.parameter.shape) & INLINE)


def places(parameters: Mapping[str, Parameter], arguments: Mapping[str, Any]) -> Iterator[Place]:
    """Find the files of a request, in the order of the model's parameters."""
    for name, parameter in parameters.items():
        value = arguments.get(name)
        if parameter.medium and isinstance(value, str):
            yield Place(name, parameter, value)
        elif parameter.medium and isinstance(value, list):
            yield from (Place(f"{name}[{index}]", parameter, item) for index, item in enumerate(value))


def filled(
    parameters: Mapping[str, Parameter], arguments: Mapping[str, Any], medium_of: Callable[[Place], Medium]
) -> dict[str, Any]:
    """Return the arguments with every file as its target is given it."""
    found: dict[str, Any] = dict(arguments)
    for name, parameter in parameters.items():
        own = [medium_of(place) for place in places({name: parameter}, arguments)]
        if own:
            found[name] = own if isinstance(arguments[name], list) else own[0]
    return found


def gaps(shape: Any) -> frozenset[str]:
    """Return the names that a shape has to be filled with.

    >>> sorted(gaps({"mimeType": "{media_type}", "data": "{base64}"}))
    ['base64', 'media_type']
    """
    if isinstance(shape, str):
        return frozenset(name for _, name, _, _ in Formatter().parse(shape) if name is not None)
    parts = shape.values() if isinstance(shape, dict) else shape if isinstance(shape, list) else ()
    return frozenset().union(*map(gaps, parts))


def problem(value: str) -> str:
    """Say why a value cannot be a file, by its look alone; nothing when it can."""
    if value.startswith("data:"):
        return "must not be a data: URL; send the file with POST /v1/uploads and give its reference"
    if value.startswith(("https://", REFERENCE, *_LOOPBACK)):
        return ""
    return "must be a URL that starts with https://, or the reference of an upload (POST /v1/uploads)"


def article(kind: str) -> str:
    """Name a medium in a sentence."""
    return {"image": "an image", "audio": "an audio file"}.get(kind, f"a {kind} file")
