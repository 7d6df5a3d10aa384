"""Fields of OpenAI's bodies: by other names than ours, and in forms all of them texts."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec

from gateway.errors import GatewayError, InvalidRequest
from gateway.plan import Parameter

# What OpenAI's clients send for "as you like it".
_ANY = "auto"


def typed(fields: Mapping[str, tuple[str, ...]], known: Mapping[str, Parameter]) -> dict[str, Any]:
    """Give a form's texts the types that they would have in JSON.

    A name such as ``a[b]`` is a field of an object.

    Args:
        known: the model's parameters: what is a text there stays one, though it looks like a number.
    """
    found: dict[str, Any] = {}
    for name, texts in fields.items():
        outer, _, inner = name.removesuffix("]").partition("[")
        if inner and name.endswith("]"):
            before = found.get(outer)
            found[outer] = {**(before if isinstance(before, dict) else {}), inner: texts[0]}
        else:
            found[name] = _typed(texts, known.get(name))
    return found


def _typed(texts: tuple[str, ...], parameter: Parameter | None) -> Any:
    values = [_value(text) for text in texts]
    if parameter and parameter.type in ("string", "image", "video", "audio"):
        values = list(texts)
    return values if len(values) > 1 or (parameter and parameter.type == "array") else values[0]


def _value(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


def renamed(given: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return a body by our names, without what leaves the choice to us.

    Raises:
        InvalidRequest: it says the same thing twice, by OpenAI's name and by ours.
    """
    found: dict[str, Any] = {}
    for name, value in given.items():
        if value is None or value == _ANY:
            continue
        ours = names.get(name, name)
        if ours in found:
            raise wrong(name, f"says what {ours!r} says as well; give one of them")
        found[ours] = value
    return found


@contextmanager
def called(names: Mapping[str, str]) -> Iterator[None]:
    """Let an error that is about one of our names tell it by OpenAI's."""
    try:
        yield
    except GatewayError as error:
        theirs = next((name for name, ours in names.items() if ours == error.param), None)
        if theirs:
            error.args = (str(error).replace(f"{error.param}:", f"{theirs}:", 1),)
            error.param = theirs
        raise


def model_of(given: Mapping[str, Any]) -> str:
    """Return the model that a body names.

    Raises:
        InvalidRequest: it names none.
    """
    model = given.get("model")
    if not isinstance(model, str) or not model:
        raise InvalidRequest(
            "model: is required; GET /v1/models lists them.", code="missing_parameter", param="model"
        )
    return model


def one_of(given: dict[str, Any], name: str, words: tuple[str, ...]) -> str:
    """Take a field out of a body that has one of a few words; the first where it is absent.

    Raises:
        InvalidRequest: it has another value.
    """
    value = given.pop(name, None) or words[0]
    if value not in words:
        shown = repr(value) if isinstance(value, str) and len(value) < 40 else "what was given"
        raise wrong(name, f"must be one of {', '.join(map(repr, words))}, not {shown}")
    return str(value)


def wrong(name: str, problem: str) -> InvalidRequest:
    """Say what is wrong with a field."""
    return InvalidRequest(f"{name}: {problem}.", code="invalid_parameter", param=name)
