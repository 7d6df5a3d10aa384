"""Reading what is to be transcribed, and refusing what is no sound."""

from io import BytesIO

from sluice.sandbox.fields import invalid
from sluice.sandbox.media.spec import Spec, seed_of
from sluice.sandbox.media.speech import said
from sluice.sandbox.wire import Call

UNSEEN_S = 6.0
"""The length of a sound that is known by its URL alone: nothing is fetched."""


def of_file(call: Call, model: str, param: str, data: bytes) -> Spec:
    """Order the transcript of a sound that came along."""
    return _spec(call, model, sound_seconds(param, data), seed_of(len(data), data[:4096]))


def of_url(call: Call, model: str, url: str, length_s: float = UNSEEN_S) -> Spec:
    """Order the transcript of a sound by its URL."""
    return _spec(call, model, length_s, seed_of(url))


def sound_seconds(param: str, data: bytes) -> float:
    """Tell how long a sound is; refuse what is none, as a provider does that opens it."""
    import av

    try:
        with av.open(BytesIO(data), "r") as file:
            length = (file.duration or 0) / av.time_base if file.streams.audio else 0
    except (av.FFmpegError, ValueError):
        length = 0
    if length <= 0:
        raise invalid(param, "Invalid file format. The file cannot be decoded as audio.")
    return round(length, 2)


def _spec(call: Call, model: str, length_s: float, seed: int) -> Spec:
    text = said(length_s, seed)
    return Spec("text", "txt", call.provider, model, text, seed, duration_s=length_s)
