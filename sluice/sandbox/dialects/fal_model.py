"""What a fal model makes of its input: its id tells its kind, and the parameters are those that models share.

Source: @fal-ai/client 1.10.1 endpoint types and fal's model pages, read 2026-11-22.
"""

import re
from collections.abc import Mapping
from typing import Any

from gateway.plan import Model, Parameter
from gateway.protocols import payload
from sluice.sandbox import fields
from sluice.sandbox.job import Order
from sluice.sandbox.media.spec import Kind, Spec, speech_seconds
from sluice.sandbox.played import order
from sluice.sandbox.played.entry import made_by, played
from sluice.sandbox.size import image_size, pixels_of, video_size
from sluice.sandbox.wire import Call, Refused

KINDS: tuple[tuple[str, Kind], ...] = (
    (r"to-video|lipsync|/video", "video"),
    (r"to-(audio|speech|music|sound)|/(tts|speech|music|sfx|sound)", "audio"),
    (r"to-image|/image|edit-image|imagen", "image"),
    (
        r"kling-video|/veo|seedance|sora|hailuo|pixverse|ltx|wan/|wan-|hunyuan-video|luma-dream|mochi|cogvideo|avatar",
        "video",
    ),
    (r"tts|speech|music|audio|sound|kokoro|chatterbox|lyria|elevenlabs|voice", "audio"),
)
"""The first expression that a model's id contains decides; all others make images."""

IMAGE_SIZES = {
    "square_hd": (1024, 1024),
    "square": (512, 512),
    "portrait_4_3": (768, 1024),
    "portrait_16_9": (576, 1024),
    "landscape_4_3": (1024, 768),
    "landscape_16_9": (1024, 576),
    "auto": (1024, 1024),
    "auto_2K": (2048, 2048),
    "auto_4K": (4096, 4096),
}
PROMPTS = (
    "prompt", "text", "input", "text_prompt", "text_input", "gen_text", "script", "instruction",
    "lyrics_prompt", "tags", "lyrics",
)  # fmt: skip
INPUT_LINK = re.compile(r"\w*(image|video|audio|reference|start|end)\w*(_urls?)?")
DEFAULT_VIDEO_S = {"veo": 8}
"""Default length by a word of the model's id; 5 s otherwise."""


def order_of(call: Call) -> Order:
    """Read a model's input. What the catalogue lists may spell a size or a length in a way of its own."""
    model = call.params["app"]
    listed = made_by(call.provider).get(model)
    kind = listed or kind_of(model)
    prompt = _prompt(call)
    seed = fields.seed(call.body, model, prompt)
    make = {"image": _images, "video": _video, "audio": _audio}[kind]
    try:
        return Order(model, make(call, model, prompt, seed))
    except Refused as refused:
        if listed is None or not _takes(
            played(call.provider).models[model], refused.trouble.param, call.body
        ):
            raise
    return Order(model, order.specs(call, model, kind, {"prompt": prompt, "seed": seed}))


def _takes(model: Model, name: str | None, body: Mapping[str, Any]) -> bool:
    """Tell whether the catalogue's own words for a model allow what the shared ones refuse."""
    own = next((each for key, each in model.parameters.items() if (each.to or key) == name), Parameter())
    if name is None or name not in body:
        return not own.required
    if own.enum:
        return body[name] in [payload.spelled(own, each) for each in own.enum]
    return own.type in ("string", "object")


def kind_of(model: str) -> Kind:
    """Tell what a model makes.

    >>> kind_of("fal-ai/veo3.1"), kind_of("fal-ai/flux-2-pro"), kind_of("fal-ai/minimax/speech-02-hd")
    ('video', 'image', 'audio')
    """
    return next((kind for words, kind in KINDS if re.search(words, model)), "image")


def _prompt(call: Call) -> str:
    """Read the text; models that only work on a given file need none."""
    for name in PROMPTS:
        if name in call.body:
            return fields.text(call.body, name)
    if any(INPUT_LINK.fullmatch(name) for name in call.body):
        return ""
    raise fields.invalid("prompt", "Field required")


def _images(call: Call, model: str, prompt: str, seed: int) -> tuple[Spec, ...]:
    width, height = _image_size(call)
    count = fields.whole(call.body, "num_images", 1, 1, 10)
    form = fields.choice(call.body, "output_format", "png", ("png", "jpeg", "jpg", "webp")).replace(
        "jpg", "jpeg"
    )
    return tuple(
        Spec("image", form, call.provider, model, prompt, seed + i, width, height) for i in range(count)
    )


def _image_size(call: Call) -> tuple[int, int]:
    asked = call.body.get("image_size")
    if isinstance(asked, dict):
        return fields.whole(asked, "width", 512, 64, 8192), fields.whole(asked, "height", 512, 64, 8192)
    if asked is not None:
        if size := IMAGE_SIZES.get(str(asked)) or pixels_of(str(asked)):
            return size
        raise fields.invalid("image_size", f"Input should be one of {', '.join(IMAGE_SIZES)} or a size")
    aspect, scale = call.body.get("aspect_ratio"), str(call.body.get("resolution") or "1K")
    if aspect is None and "resolution" not in call.body:
        return IMAGE_SIZES["landscape_4_3"]
    size = image_size(scale, "1:1" if aspect in (None, "auto") else str(aspect))
    if size is None:
        raise fields.invalid("aspect_ratio", f"Unknown aspect_ratio {aspect!r} or resolution {scale!r}")
    return size


def _video(call: Call, model: str, prompt: str, seed: int) -> tuple[Spec, ...]:
    aspect, resolution = (
        str(call.body.get("aspect_ratio") or "16:9"),
        str(call.body.get("resolution") or "720p"),
    )
    size = video_size(resolution, "16:9" if aspect in ("auto", "adaptive") else aspect)
    if size is None:
        raise fields.invalid("resolution", f"Unknown resolution {resolution!r} or aspect_ratio {aspect!r}")
    length_s = _seconds(call, model)
    return (Spec("video", "mp4", call.provider, model, prompt, seed, *size, duration_s=length_s),)


def _seconds(call: Call, model: str) -> float:
    """Read a length as fal's models spell it: "8s", "5" or 5."""
    asked = call.body.get("duration")
    if asked is None or asked == "auto":
        return float(next((s for word, s in DEFAULT_VIDEO_S.items() if word in model), 5))
    found = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)s?", str(asked))
    if isinstance(asked, bool) or not found or not 1 <= float(found[1]) <= 60:
        raise fields.invalid("duration", f"Input should be a length in seconds, not {asked!r}")
    return float(found[1])


def _audio(call: Call, model: str, prompt: str, seed: int) -> tuple[Spec, ...]:
    names = ("duration", "duration_seconds", "seconds_total", "music_length_ms")
    name = next((name for name in names if call.body.get(name) is not None), None)
    length_s = speech_seconds(prompt)
    if name:
        asked = fields.number(call.body, name, 0, 0.1, 600_000)
        length_s = min(600.0, asked / 1000 if name.endswith("_ms") else asked)
    form = call.body.get("output_format")
    form = form if form in ("mp3", "wav", "flac", "opus") else "mp3"
    rate_hz = 48_000 if form == "opus" else 44_100
    return (Spec("audio", form, call.provider, model, prompt, seed, duration_s=length_s, rate_hz=rate_hz),)
