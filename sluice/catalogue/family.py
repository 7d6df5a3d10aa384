"""What an endpoint offers and takes, from its signature: our names where there is one, its own elsewhere.

What is required and cannot be carried makes an endpoint unfit; what is optional and unknown is left out.
"""

import re
from dataclasses import dataclass
from typing import Any

from sluice.catalogue.field import Parameter, scalar, sized
from sluice.catalogue.signature import Field, Signature

OUTPUTS = {
    "video": ("video", "videos"),
    "audio": ("audio", "audio_file", "audio_url"),
    "image": ("images", "image"),
}
"""Modality -> the outputs that hold it. A clip beside pictures is the result."""

WORDS = (
    "prompt",
    "text",
    "text_prompt",
    "text_input",
    "gen_text",
    "script",
    "instruction",
    "lyrics_prompt",
    "tags",
    "lyrics",
)
SPOKEN = ("text", "gen_text", "text_input", "script", "prompt")
FIRST = (
    "image_url",
    "start_image_url",
    "first_frame_url",
    "first_image_url",
    "input_image_url",
    "image_data_url",
)
LAST = ("last_frame_url", "end_image_url", "last_image_url", "tail_image_url")
FILES = {
    "image": FIRST,
    "last_frame": LAST,
    "mask": ("mask_url", "mask_image_url"),
    "video": ("video_url", "input_video_url"),
    "audio": ("audio_url", "source_audio_url", "ref_audio_url", "reference_audio_url"),
}
"""Our name -> the names of a file's URL."""

LISTS = ("image_urls", "input_image_urls", "reference_image_urls")
_MEDIA = (
    ("video", r"video|clip"),
    ("audio", r"audio|voice|sound|speech"),
    ("image", r"image|mask|photo|garment|face|frame"),
)
_UPSCALE = re.compile(r"upscal|enhanc|esrgan|aura-sr|super-?resolution|seedvr|clarity|restor|denoise|deblur")
_SOUND = {"tts": "speech", "music": "music", "sfx": "sound_effect"}
USUAL = {"upscale": "30s", "speech": "8s", "sound_effect": "15s", "music": "40s"}
USUAL_OF = {"image": "15s", "video": "90s", "audio": "20s"}


class Unfit(Exception):
    """An endpoint that cannot be a model here, and why."""


@dataclass(frozen=True, slots=True)
class Family:
    """What models have in common: one template."""

    operation: str
    modality: str
    usual: str
    parameters: dict[str, Parameter]


def of(name: str, signature: Signature, modality: str) -> Family:
    """Read an endpoint.

    Args:
        modality: as the price list has it; it tells speech from music.

    Raises:
        Unfit: it makes no file that we know, or needs what no parameter carries.
    """
    made = _made(signature)
    parameters = _parameters(signature.inputs, spoken=modality == "tts")
    given = {p.get("type", "string") for p in parameters.values() if p.get("required")}
    operation = _operation(name, made, modality, given, words="prompt" in parameters)
    return Family(operation, made, USUAL.get(operation, USUAL_OF[made]), parameters)


def _made(signature: Signature) -> str:
    for modality, names in OUTPUTS.items():
        if any(name in signature.outputs and signature.outputs[name].type != "string" for name in names):
            return modality
    raise Unfit("makes no picture, clip or sound")


def _parameters(inputs: dict[str, Field], *, spoken: bool) -> dict[str, Parameter]:
    found: dict[str, Parameter] = {}
    words = next((name for name in (SPOKEN if spoken else WORDS) if _is_text(inputs.get(name))), None)
    if words:
        found["prompt"] = _named("prompt", words, {"required": True} if inputs[words].required else {})
    found |= _files(inputs)
    used = {words} | {_origin(name, parameter) for name, parameter in found.items()}
    found |= sized({name: field for name, field in inputs.items() if name not in used})
    used |= {_origin(name, parameter) for name, parameter in found.items()}
    for name, field in inputs.items():
        if name in used or not field.required:
            continue
        parameter = _file(name, field) or scalar(field)
        if parameter is None or name in found:
            raise Unfit(f"needs {name!r}, which no parameter carries")
        found[name] = parameter | {"required": True}
    return found


def _is_text(field: Field | None) -> bool:
    return field is not None and field.type == "string"


def _origin(name: str, parameter: Parameter) -> str:
    return str(parameter.get("to", name)).removesuffix("[]")


def _named(name: str, origin: str, parameter: Parameter) -> Parameter:
    return parameter if origin == name else {**parameter, "to": origin}


def _files(inputs: dict[str, Field]) -> dict[str, Parameter]:
    found: dict[str, Parameter] = {}
    for name, origins in FILES.items():
        origin = next((o for o in origins if o in inputs and _file(o, inputs[o])), None)
        if origin is None or not (inputs[origin].required or name in ("mask", "last_frame")):
            continue
        kind = name if name in ("video", "audio") else "image"
        found[name] = {"type": kind, **({"required": True} if inputs[origin].required else {}), "to": origin}
    several = next((name for name in LISTS if name in inputs and inputs[name].type == "Array<string>"), None)
    if several and inputs[several].required and "image" not in found:
        found["image"] = {"type": "image", "required": True, "to": f"{several}[]"}
        found["images"] = {"type": "array", "items": "image", "to": f"{several}[]"}
    return found


def _file(name: str, field: Field) -> Parameter | None:
    """Take a URL for the medium that its name tells."""
    if "Blob | File" not in field.type and not (field.type == "string" and name.endswith("_url")):
        return None
    kind = next((kind for kind, words in _MEDIA if re.search(words, name)), None)
    return {"type": kind} if kind else None


def _operation(name: str, made: str, modality: str, given: set[str], *, words: bool) -> str:
    if made == "audio":
        if modality not in _SOUND or "video" in given:
            raise Unfit("makes a sound of another, for which there is no operation")
        return _SOUND[modality]
    if made == "image":
        if "video" in given or "audio" in given:
            raise Unfit("makes a picture of a clip or a sound, for which there is no operation")
        if "image" not in given:
            if not words:
                raise Unfit("takes neither words nor a file")
            return "text_to_image"
        if _UPSCALE.search(name) and not words:
            return "upscale"
        return "image_to_image" if re.search(r"image-to-image|img2img|redux", name) else "image_edit"
    return _clip(given, words=words)


def _clip(given: set[str], *, words: bool) -> str:
    if "audio" in given:
        if not given & {"image", "video"}:
            raise Unfit("makes a clip of a sound alone, for which there is no operation")
        return "lipsync"
    if "video" in given:
        return "video_to_video"
    if "image" in given:
        return "image_to_video"
    if not words:
        raise Unfit("takes neither words nor a file")
    return "text_to_video"


def template(family: Family, protocol: str) -> dict[str, Any]:
    """Write a family as the catalogue has it."""
    return {
        "offers": {family.operation: protocol},
        "usual": family.usual,
        "parameters": family.parameters,
        "prices": [],
    }
