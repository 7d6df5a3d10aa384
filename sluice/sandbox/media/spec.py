"""What to render: one value holds everything that the bytes depend on."""

from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Literal

Kind = Literal["image", "video", "audio", "text"]

CONTENT_TYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "mp4": "video/mp4",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
    "ulaw": "audio/basic",
    "alaw": "audio/x-alaw-basic",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "txt": "text/plain",
}
"""Every format that the sandbox can render, and how it is served."""

SPEECH_S_PER_CHARACTER = 0.06
SPEECH_MIN_S = 0.5


@dataclass(frozen=True, slots=True)
class Spec:
    """One output. Fields that a kind does not use stay at their defaults.

    Args:
        seed: the number that the caller asked for or that ``seed_of`` chose.
        text: the prompt of a picture or clip, the spoken text of a sound, a text itself.
    """

    kind: Kind
    format: str
    provider: str
    model: str
    text: str
    seed: int
    width_px: int = 0
    height_px: int = 0
    duration_s: float = 0.0
    rate_hz: int = 44_100
    bitrate_bps: int = 128_000

    @property
    def content_type(self) -> str:
        """Name the media type that the bytes are served with."""
        return CONTENT_TYPES[self.format]

    def dice(self, purpose: str) -> Random:
        """Make the random source for one purpose, equal for equal looks whatever the size or length."""
        key = "\0".join((purpose, self.provider, self.model, self.text, str(self.seed)))
        return Random(sha256(key.encode()).digest())  # noqa: S311  decoration, not cryptography


def seed_of(*words: object) -> int:
    """Choose the seed of a request that names none: equal requests get equal seeds."""
    return int.from_bytes(sha256("\0".join(map(str, words)).encode()).digest()[:4]) % 2_147_483_647


def speech_seconds(text: str, speed: float = 1.0) -> float:
    """Estimate how long a text takes to say."""
    return round(max(SPEECH_MIN_S, len(text) * SPEECH_S_PER_CHARACTER) / speed, 2)


def of_another_kind(spec: Spec) -> Spec:
    """Describe a file of another medium: a sound for a picture, a picture for all else."""
    if spec.kind == "image":
        return Spec("audio", "wav", spec.provider, spec.model, spec.text, spec.seed, duration_s=0.5)
    return Spec("image", "png", spec.provider, spec.model, spec.text, spec.seed, 64, 64)
