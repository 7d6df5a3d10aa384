"""Fields that are no files, as parameters: our names for what most models share, a few others as they are."""

import re
from collections.abc import Callable
from typing import Any

from sluice.catalogue.signature import Field

Parameter = dict[str, Any]

RATIOS = {
    "square_hd": "1:1",
    "landscape_4_3": "4:3",
    "portrait_4_3": "3:4",
    "landscape_16_9": "16:9",
    "portrait_16_9": "9:16",
}
"""Names of sizes -> the ratios that they have."""

OWN = (
    "guidance_scale", "num_inference_steps", "strength", "style", "generate_audio", "speed", "upscale_factor",
    "lyrics", "cfg_scale", "enable_prompt_expansion",
)  # fmt: skip
_PRICED = ("n", "aspect_ratio", "resolution", "duration", "quality")
_FORMATS = ("png", "jpeg", "jpg", "webp", "gif", "mp3", "wav", "flac", "opus", "mp4", "webm")
_LENGTH = re.compile(r"(\d{1,3})(s?)")
_RATIO = re.compile(r"\d{1,2}:\d{1,2}|auto|adaptive")


def sized(inputs: dict[str, Field]) -> dict[str, Parameter]:
    """Read what is not a file and not words."""
    found: dict[str, Parameter] = {}
    for name, (origins, read) in _CANONICAL.items():
        for origin in origins:
            parameter = read(inputs[origin]) if origin in inputs and name not in found else None
            if parameter is not None:
                required = {"required": True} if inputs[origin].required else {}
                found[name] = {**parameter, **required, **({} if origin == name else {"to": origin})}
    taken = {parameter.get("to", name) for name, parameter in found.items()}
    for name in OWN:
        parameter = scalar(inputs[name]) if name in inputs and name not in taken else None
        if parameter is not None:
            found[name] = parameter
    for name in found.keys() - set(_PRICED):
        found[name].pop("default", None)  # the provider has it, and prices do not go by it
    return found


def scalar(field: Field) -> Parameter | None:
    """Take a text, a number, a truth value or a choice as it is."""
    if field.choices:
        return _choice(field)
    kind = {"string": "string", "number": "number", "boolean": "boolean"}.get(field.type)
    if kind is None:
        return None
    return _with_default({} if kind == "string" else {"type": kind}, field.default, kind)


def _choice(field: Field) -> Parameter | None:
    kinds = {type(choice) for choice in field.choices}
    if kinds == {str}:
        return _with_default({"enum": list(field.choices)}, field.default, "string", field.choices)
    kind = "integer" if kinds == {int} else "number"
    return _with_default({"type": kind, "enum": list(field.choices)}, field.default, kind, field.choices)


def _with_default(parameter: Parameter, default: Any, kind: str, allowed: tuple[Any, ...] = ()) -> Parameter:
    """Keep a default that is a value of the parameter; an empty text is none."""
    types: dict[str, tuple[type, ...]] = {
        "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)
    }  # fmt: skip
    fits = isinstance(default, types[kind]) and (kind == "boolean" or not isinstance(default, bool))
    if fits and default != "" and (not allowed or default in allowed):
        return {**parameter, "default": default}
    return parameter


def _whole(field: Field) -> Parameter | None:
    return _with_default({"type": "integer"}, field.default, "integer") if field.type == "number" else None


def _count(field: Field) -> Parameter | None:
    return None if field.type != "number" else {"type": "integer", "minimum": 1, "default": 1}


def _text(field: Field) -> Parameter | None:
    return {} if field.type == "string" else None


def _seed(field: Field) -> Parameter | None:
    return {"type": "integer"} if field.type == "number" else None


def _ratio(field: Field) -> Parameter | None:
    """Read ratios, or names of sizes that are ratios."""
    if field.choices and all(isinstance(c, str) and _RATIO.fullmatch(c) for c in field.choices):
        return _choice(field)
    names = [name for name in RATIOS if f'"{name}"' in field.type]
    if not names or (field.choices and len(names) < 2):
        return None
    values = {RATIOS[name]: name for name in names}
    parameter: Parameter = {"enum": list(values), "values": values}
    return parameter | ({"default": RATIOS[field.default]} if field.default in names else {})


def _length(field: Field) -> Parameter | None:
    """Read seconds: a number, or texts of numbers with or without an ``s``."""
    if field.type == "number" or (field.choices and isinstance(field.choices[0], int)):
        return scalar(field)
    found = [_LENGTH.fullmatch(str(choice)) for choice in field.choices]
    lengths = [match for match in found if match]
    units = {match[2] for match in lengths}
    if not lengths or len(units) != 1:
        return None
    parameter: Parameter = {"type": "integer", "enum": [int(match[1]) for match in lengths]}
    default = _LENGTH.fullmatch(str(field.default))
    parameter |= {"default": int(default[1])} if default and int(default[1]) in parameter["enum"] else {}
    return parameter | ({"form": "{}s"} if units == {"s"} else {"as_type": "string"})


def _format(field: Field) -> Parameter | None:
    if not field.choices or not set(field.choices) <= set(_FORMATS):
        return None
    if "jpg" not in field.choices or "jpeg" in field.choices:
        return _choice(field)
    ours = ["jpeg" if choice == "jpg" else choice for choice in field.choices]
    default = "jpeg" if field.default == "jpg" else field.default
    return _with_default({"enum": ours, "values": {"jpeg": "jpg"}}, default, "string", tuple(ours))


def _words(field: Field) -> Parameter | None:
    """Read a choice of texts, or any text."""
    return scalar(field) if field.type == "string" or isinstance((*field.choices, 0)[0], str) else None


def _named(field: Field) -> Parameter | None:
    return scalar(field) if field.choices and isinstance(field.choices[0], str) else None


_CANONICAL: dict[str, tuple[tuple[str, ...], Callable[[Field], Parameter | None]]] = {
    "negative_prompt": (("negative_prompt",), _text),
    "n": (("num_images", "num_samples"), _count),
    "aspect_ratio": (("aspect_ratio", "image_size", "video_size"), _ratio),
    "resolution": (("resolution",), _named),
    "duration": (("duration", "seconds_total", "duration_seconds"), _length),
    "fps": (("fps", "frames_per_second"), scalar),
    "voice": (("voice", "voice_id"), _words),
    "language": (("language", "language_code"), _words),
    "quality": (("quality",), _named),
    "format": (("output_format",), _format),
    "seed": (("seed",), _seed),
}
"""Our name -> theirs, in order of preference, and how each is read."""
