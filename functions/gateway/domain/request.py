"""What a caller asks, and the check of its parameters against what a model takes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.domain import medium, spelling
from gateway.plan import DIRECT, MEDIA, Model, Parameter

# Parameters that a target must be able to carry; the others are hints, which may be left out with a note.
# Of chats and embeddings it must carry all.
BINDING = frozenset(
    [
        "prompt",
        "image",
        "images",
        "mask",
        "video",
        "audio",
        "first_frame",
        "last_frame",
        "n",
        "size",
        "aspect_ratio",
        "resolution",
        "duration",
        "format",
        "voice",
        "language",
    ]
)
# What may become a part of a provider's URL: never a step up in its path.
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Request:
    """A checked body: steering fields with their types right, parameters still as given.

    Args:
        byok: provider -> the caller's own key, in the clear: keep it out of everything that is stored.
        deadline_s: how long the job may take, if that is shorter than its route says.
        max_micros: the most that the job may cost by estimate.
    """

    model: str
    parameters: dict[str, Any]
    operation: str = ""
    fallback: tuple[str, ...] | None = None
    byok: dict[str, str] = field(default_factory=dict, repr=False)
    webhook_url: str = ""
    customer_id: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    region: str = ""
    deadline_s: float | None = None
    retention_days: int | None = None
    destination: str = ""
    max_micros: int | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    """A request as one target takes it.

    Args:
        arguments: our names with values, defaults filled in.
        dropped: hints that the target does not know.
        problems: parameter -> why this target cannot take the request; empty when it can.
    """

    arguments: dict[str, Any]
    dropped: tuple[str, ...]
    problems: dict[str, str]


def parameters_of(model: Model, operation: str) -> dict[str, Parameter]:
    """Return what a model takes for an operation."""
    return {
        name: parameter
        for name, parameter in model.parameters.items()
        if not parameter.operations or operation in parameter.operations
    }


def fit(model: Model, operation: str, given: Mapping[str, Any], overrides: Mapping[str, Any]) -> Fit:
    """Map a request onto one target: the route's overrides win over the caller, defaults come last."""
    known = parameters_of(model, operation)
    asked = spelling.spelled(known, {**given, **overrides})
    problems: dict[str, str] = {}
    dropped: list[str] = []
    for name, value in asked.items():
        if name in known:
            if problem := _problem(known[name], value):
                problems[name] = problem
        elif name in BINDING or operation in DIRECT:
            problems[name] = "is not something this model takes"
        else:
            dropped.append(name)
    for name, parameter in known.items():
        if parameter.required and name not in asked:
            problems[name] = "is required"
    defaults = {name: p.default for name, p in known.items() if p.default is not None}
    arguments = {**defaults, **{name: value for name, value in asked.items() if name in known}}
    return Fit(arguments, tuple(dropped), problems)


def operation_of(models: Iterable[Model], operations: tuple[str, ...], given: Mapping[str, Any]) -> str:
    """Tell which of a route's operations a request means: the one that uses most of the media given.

    Of those that use as many, it is the one that lacks fewest.
    """
    models = tuple(models)

    def media_used(operation: str) -> tuple[int, int]:
        media = {
            name: parameter.required
            for model in models
            if operation in model.offers
            for name, parameter in parameters_of(model, operation).items()
            if parameter.medium
        }
        lacking = [name for name, required in media.items() if required and name not in given]
        return len(media.keys() & given.keys()), -len(lacking)

    return max(operations, key=media_used)


def kind_of(value: Any) -> str:
    """Name what sort of JSON value something is, for an error's text."""
    kinds = {bool: "a boolean", int: "an integer", float: "a number", str: "a string", list: "a list"}
    return kinds.get(type(value), "an object")


def _problem(parameter: Parameter, value: Any) -> str:
    if not _is(parameter.type, value):
        return f"must be {_article(parameter.type)}, not {kind_of(value)}"
    if parameter.enum and value not in parameter.enum:
        return f"must be one of {', '.join(map(repr, parameter.enum))}, not {_shown(value)}"
    if parameter.minimum is not None and value < parameter.minimum:
        return f"must be at least {parameter.minimum:g}, not {value!r}"
    if parameter.maximum is not None and value > parameter.maximum:
        return f"must be at most {parameter.maximum:g}, not {value!r}"
    if parameter.items:
        return _list_problem(parameter, value)
    return _text_problem(parameter, value) if isinstance(value, str) else ""


def _list_problem(parameter: Parameter, value: list[Any]) -> str:
    if parameter.max_items is not None and len(value) > parameter.max_items:
        return f"has {len(value)} items, {parameter.max_items} are the most"
    for index, item in enumerate(value):
        if not isinstance(item, str):
            return f"must be a list of URLs or references; item {index} is {kind_of(item)}"
        if found := medium.problem(item):
            return f"{found} (item {index})"
    return ""


def _text_problem(parameter: Parameter, value: str) -> str:
    if parameter.required and not value:
        return "must not be empty"
    if parameter.max_length is not None and len(value) > parameter.max_length:
        return f"has {len(value)} characters, {parameter.max_length} are the most"
    if parameter.type in MEDIA and (found := medium.problem(value)):
        return found
    if parameter.place == "url" and not _NAME.fullmatch(value):
        return "must be a plain name of letters, digits, '_', '-' and '.'"
    return ""


def _is(kind: str, value: Any) -> bool:
    if kind == "any":
        return True
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "array":
        return isinstance(value, list)
    if kind == "object":
        return isinstance(value, dict)
    return isinstance(value, str)


def _article(kind: str) -> str:
    names = {"integer": "an integer", "array": "a list", "object": "an object"}
    return f"the URL of {medium.article(kind)}" if kind in MEDIA else names.get(kind, f"a {kind}")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else "what was given"
