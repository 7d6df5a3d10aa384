"""What a request to the Gemini API asks for; field names are read in both casings, since the SDK mixes them.

Source: google-genai 3.4.0 and 2.34.0 (Python), wire observed; pixels and tokens: known; 2026-11-22. Imagen:
google-genai 3.6.1, ``models.py``, read 2026-11-25; its pixels are ours.
"""

import re
from base64 import b64decode
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from PIL import Image

from sluice.sandbox import fields
from sluice.sandbox.job import Order
from sluice.sandbox.media.spec import Spec, speech_seconds
from sluice.sandbox.size import SCALE, image_size, video_size
from sluice.sandbox.wire import Call

IMAGE_SIZES = {
    "1:1": (1024, 1024), "2:3": (832, 1248), "3:2": (1248, 832), "3:4": (864, 1184), "4:3": (1184, 864),
    "4:5": (896, 1152), "5:4": (1152, 896), "9:16": (768, 1344), "16:9": (1344, 768), "21:9": (1536, 672),
}  # fmt: skip
"""Pixels of 1K; 2K and 4K double and quadruple both edges."""

TOKENS = {"0.5k": 747, "512": 747, "1k": 1120, "2k": 1120, "4k": 2000}
TOKENS_2_5 = 1290
"""Output tokens of an image: of the 3.x models by size, of 2.5 always."""

INPUT_IMAGE_TOKENS = 258
AUDIO_TOKENS_PER_S = 25
SPEECH_RATE_HZ = 24_000
IMAGEN_RATIOS = ("1:1", "3:4", "4:3", "9:16", "16:9")
UPSCALES = {"x2": 2, "x4": 4}
VERTEX_ONLY = ("generateAudio", "storageUri", "fps", "compressionQuality")

_PLAIN = str.maketrans("-_", "+/")


def read_content(call: Call) -> Order:
    """Read ``generateContent`` for an image or a speech model."""
    config = part_of(call.body, "generationConfig")
    parts = [part for content in objects(call.body, "contents") for part in objects(content, "parts")]
    text = "\n".join(part["text"] for part in parts if isinstance(part.get("text"), str))
    if not parts or not text:
        raise fields.invalid("contents", "* GenerateContentRequest.contents: contents is not specified")
    images = count_pictures(parts)
    tokens = -(-len(text) // 4) + images * INPUT_IMAGE_TOKENS
    model, wanted = call.params["model"], get(config, "responseModalities") or []
    if "AUDIO" in wanted or "tts" in model:
        return _speech(call, model, text, tokens)
    if "IMAGE" not in wanted and "image" not in model and "banana" not in model:
        raise fields.invalid(
            "model", f"The sandbox plays image and speech models, and {model!r} is asked for text."
        )
    return _images(call, model, text, tokens, config)


def count_pictures(parts: list[Mapping[str, Any]]) -> int:
    """Count the pictures that were sent along; those that came as bytes are opened."""
    for part in parts:
        if get(part, "inlineData"):
            _picture("contents.parts.inline_data.data", part_of(part, "inlineData").get("data"))
    return sum(1 for part in parts if get(part, "inlineData") or get(part, "fileData"))


def _picture(param: str, data: object) -> None:
    """Open a picture in either alphabet of base64: the SDK writes the one for URLs."""
    text = data.translate(_PLAIN) if isinstance(data, str) else data
    fields.picture_in_base64(param, text)


def _speech(call: Call, model: str, text: str, prompt_tokens: int) -> Order:
    length_s = speech_seconds(text)
    seed = fields.seed({}, model, text)
    spec = Spec("audio", "pcm", call.provider, model, text, seed, duration_s=length_s, rate_hz=SPEECH_RATE_HZ)
    return Order(
        model, (spec,), notes={"prompt_tokens": prompt_tokens, "tokens": round(length_s * AUDIO_TOKENS_PER_S)}
    )


def _images(call: Call, model: str, text: str, prompt_tokens: int, config: Mapping[str, Any]) -> Order:
    image = part_of(config, "imageConfig")
    aspect, scale = str(get(image, "aspectRatio") or "1:1"), str(get(image, "imageSize") or "1K").lower()
    if aspect not in IMAGE_SIZES or scale not in SCALE:
        raise fields.invalid(
            "imageConfig", f"Invalid image_config: aspect ratio {aspect!r}, image size {scale!r}."
        )
    width, height = (round(edge * SCALE[scale]) for edge in IMAGE_SIZES[aspect])
    count = fields.whole(config, "candidateCount", 1, 1, 8)
    seed = fields.seed(config, model, text)
    outputs = tuple(
        Spec("image", "png", call.provider, model, text, seed + i, width, height) for i in range(count)
    )
    made = TOKENS_2_5 if "2.5" in model else TOKENS[scale]
    return Order(model, outputs, notes={"prompt_tokens": prompt_tokens, "tokens": made})


def read_veo(call: Call) -> Order:
    """Read ``predictLongRunning`` for Veo, as the Gemini API takes it."""
    asked = part_of(call.body, "parameters")
    for name in VERTEX_ONLY:
        if name in asked:
            raise fields.invalid(
                name, f"`{name}` isn't supported by this model. Please remove it or refer to the docs."
            )
    return read_vertex_veo(call)


def read_vertex_veo(call: Call) -> Order:
    """Read ``predictLongRunning`` for Veo, as Vertex AI takes it."""
    instances = objects(call.body, "instances")
    if len(instances) != 1:
        raise fields.invalid("instances", "`instances` must hold exactly one instance.")
    for name in ("image", "lastFrame"):
        if given := part_of(instances[0], name):
            _picture(f"instances.{name}", get(given, "bytesBase64Encoded"))
    asked = part_of(call.body, "parameters")
    prompt = _veo_prompt(instances[0])
    aspect, resolution = str(asked.get("aspectRatio", "16:9")), str(asked.get("resolution", "720p"))
    size = video_size(resolution, aspect)
    if size is None or aspect not in ("16:9", "9:16") or resolution not in ("720p", "1080p", "4k"):
        raise fields.invalid(
            "resolution", f"Unsupported aspectRatio {aspect!r} or resolution {resolution!r}."
        )
    model, length_s = call.params["model"], float(_veo_seconds(asked))
    count = fields.whole(asked, "sampleCount", 1, 1, 4)
    seed = fields.seed(asked, model, prompt)
    outputs = (
        Spec("video", "mp4", call.provider, model, prompt, seed + i, *size, length_s) for i in range(count)
    )
    return Order(model, tuple(outputs), notes={"bucket": asked.get("storageUri", "")})


def read_imagen(call: Call) -> Order:
    """Read ``predict`` for Imagen: pictures from words, or a larger one of a picture."""
    instances = objects(call.body, "instances")
    if len(instances) != 1:
        raise fields.invalid("instances", "`instances` must hold exactly one instance.")
    asked, model = part_of(call.body, "parameters"), call.params["model"]
    notes: dict[str, object] = {"reason": bool(asked.get("includeRaiReason"))}
    if asked.get("mode") == "upscale":
        size, prompt, count = _larger(instances[0], asked), "", 1
    else:
        aspect, scale = str(asked.get("aspectRatio", "1:1")), str(asked.get("sampleImageSize", "1K"))
        known = image_size(scale, aspect) if aspect in IMAGEN_RATIOS and scale in ("1K", "2K") else None
        if known is None:
            raise fields.invalid("aspectRatio", f"Unsupported aspectRatio {aspect!r} or size {scale!r}.")
        size, prompt = known, fields.text(instances[0], "prompt")
        count = fields.whole(asked, "sampleCount", 4, 1, 4)
    seed = fields.seed(asked, model, prompt)
    outputs = (Spec("image", "png", call.provider, model, prompt, seed + i, *size) for i in range(count))
    return Order(model, tuple(outputs), notes=notes)


def _larger(instance: Mapping[str, Any], asked: Mapping[str, Any]) -> tuple[int, int]:
    """Return how large a picture becomes that is to be enlarged."""
    factor = str(part_of(asked, "upscaleConfig").get("upscaleFactor"))
    if factor not in UPSCALES:
        raise fields.invalid("upscaleFactor", f"upscaleFactor must be one of {', '.join(UPSCALES)}.")
    given = get(part_of(instance, "image"), "bytesBase64Encoded")
    _picture("instances.image", given)
    with Image.open(BytesIO(b64decode(given.translate(_PLAIN)))) as picture:
        return picture.width * UPSCALES[factor], picture.height * UPSCALES[factor]


def _veo_prompt(instance: Mapping[str, Any]) -> str:
    if instance.get("prompt") is None and (instance.get("image") or instance.get("video")):
        return ""
    return fields.text(instance, "prompt")


def _veo_seconds(asked: Mapping[str, Any]) -> int:
    seconds = fields.whole(asked, "durationSeconds", 8, 4, 8)
    if isinstance(asked.get("durationSeconds"), str):
        raise fields.invalid("durationSeconds", "The value type for `durationSeconds` needs to be a number.")
    return seconds


def get(value: Mapping[str, Any], name: str) -> Any:
    """Read a field in camel case or snake case."""
    return value.get(name, value.get(re.sub("[A-Z]", lambda found: "_" + found[0].lower(), name)))


def part_of(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Read a field that is an object; an absent one is empty."""
    found = get(value, name) or {}
    if not isinstance(found, dict):
        raise fields.invalid(name, f"Invalid value at '{name}': expected an object.")
    return found


def objects(value: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Read a field that is a list of objects; one that stands alone is a list of itself."""
    found = get(value, name) or []
    found = [found] if isinstance(found, dict) else found
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise fields.invalid(name, f"Invalid value at '{name}': expected a list of objects.")
    return found
