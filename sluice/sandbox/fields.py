"""Reading a request's fields, and refusing what has the wrong type in the provider's own way."""

from base64 import b64decode
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from sluice.sandbox.media.spec import seed_of
from sluice.sandbox.wire import Refused, Trouble


def invalid(param: str, message: str) -> Refused:
    """Make the refusal of one field."""
    return Refused(Trouble("invalid", message, param))


def text(body: Mapping[str, Any], name: str, *, longest: int | None = None) -> str:
    """Read a required text."""
    value = body.get(name)
    if value is None:
        raise invalid(name, f"Missing required parameter: '{name}'.")
    if not isinstance(value, str) or not value.strip():
        raise invalid(name, f"Invalid value for '{name}': expected a non-empty string.")
    if longest is not None and len(value) > longest:
        raise invalid(
            name,
            f"Invalid '{name}': string too long. Expected at most {longest} characters, got {len(value)}.",
        )
    return value


def picture(param: str, data: bytes) -> None:
    """Refuse what is no picture, as a provider does that opens it."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(BytesIO(data)) as image:
            image.verify()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise invalid(param, f"Invalid image in '{param}': the file cannot be decoded.") from None


def picture_in_base64(param: str, text: object) -> None:
    """Refuse what is no picture in base64."""
    try:
        data = b64decode(text, validate=True) if isinstance(text, str) else b""
    except ValueError:
        raise invalid(param, f"Invalid value at '{param}': base64 decoding failed.") from None
    picture(param, data)


def whole(body: Mapping[str, Any], name: str, default: int, low: int, high: int) -> int:
    """Read an optional whole number; text of digits counts, because forms send nothing else."""
    value = body.get(name)
    if value is None:
        return default
    number = int(value) if isinstance(value, str) and value.lstrip("-").isdigit() else value
    if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
        raise invalid(
            name, f"Invalid value for '{name}': {value!r}. Expected an integer from {low} to {high}."
        )
    return number


def number(body: Mapping[str, Any], name: str, default: float, low: float, high: float) -> float:
    """Read an optional number."""
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise invalid(name, f"Invalid value for '{name}': {value!r}. Expected a number from {low} to {high}.")
    return float(value)


def choice(body: Mapping[str, Any], name: str, default: str, allowed: tuple[str, ...]) -> str:
    """Read an optional word of a closed list; null is none, as some SDKs write what they were not given."""
    value = default if body.get(name) is None else body[name]
    if value not in allowed:
        known = ", ".join(repr(word) for word in allowed)
        raise invalid(name, f"Invalid value: {value!r} for '{name}'. Supported values are: {known}.")
    return str(value)


def seed(body: Mapping[str, Any], *words: object) -> int:
    """Read the seed, or choose the one that belongs to the request's other words."""
    value = body.get("seed")
    return value if isinstance(value, int) and not isinstance(value, bool) else seed_of(*words)
