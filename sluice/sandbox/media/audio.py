"""A spec as sound: a soft pentatonic tune that depends on the seed, in every format that providers offer."""

from array import array
from functools import lru_cache
from io import BytesIO
from math import exp, pi, sin
from typing import cast
from wave import open as open_wave

import av
from av.audio.stream import AudioStream

from sluice.sandbox.media.spec import Spec

CODECS = {
    "mp3": ("mp3", "libmp3lame", "s16p"),
    "opus": ("ogg", "libopus", "s16"),
    "aac": ("adts", "aac", "fltp"),
    "flac": ("flac", "flac", "s16"),
    "ulaw": ("mulaw", "pcm_mulaw", "s16"),
    "alaw": ("alaw", "pcm_alaw", "s16"),
}
"""Format to container, encoder and the sample layout that the encoder takes."""

SCALE_HZ = (220.0, 246.9, 277.2, 329.6, 370.0, 440.0, 493.9, 554.4, 659.3, 740.0)
NOTE_S = 0.24
CHUNK = 1152
"""Samples a frame; MP3 takes no other number."""


def render_audio(spec: Spec) -> bytes:
    """Render a mono sound of the spec's duration and sample rate."""
    samples = _tune(spec)
    if spec.format == "pcm":
        return samples
    if spec.format == "wav":
        return _wave(samples, spec.rate_hz)
    return _encoded(samples, spec)


def _tune(spec: Spec) -> bytes:
    """Walk the scale note by note; signed 16-bit little-endian samples."""
    dice = spec.dice("tune")
    wanted = max(1, round(spec.duration_s * spec.rate_hz)) * 2
    position, parts, have = dice.randrange(len(SCALE_HZ)), [], 0
    while have < wanted:
        position = min(len(SCALE_HZ) - 1, max(0, position + dice.choice((-2, -1, -1, 0, 1, 1, 2, 3))))
        part = _note(SCALE_HZ[position], dice.choice((1, 1, 2)), spec.rate_hz)
        parts.append(part)
        have += len(part)
    return b"".join(parts)[:wanted]


@lru_cache(maxsize=256)
def _note(pitch_hz: float, beats: int, rate_hz: int) -> bytes:
    length = round(NOTE_S * beats * rate_hz)
    turn = 2 * pi * pitch_hz / rate_hz
    values = array("h", bytes(2 * length))
    for index in range(length):
        fade = min(1.0, index / (0.012 * rate_hz), (length - index) / (0.02 * rate_hz))
        tone = sin(turn * index) + 0.35 * sin(2 * turn * index) + 0.12 * sin(3 * turn * index)
        values[index] = round(8_500 * tone * fade * exp(-2.2 * index / length))
    return values.tobytes()


def _wave(samples: bytes, rate_hz: int) -> bytes:
    target = BytesIO()
    with open_wave(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(samples)
    return target.getvalue()


def _encoded(samples: bytes, spec: Spec) -> bytes:
    container, codec, layout = CODECS[spec.format]
    target = BytesIO()
    resampler = av.AudioResampler(format=layout, layout="mono", rate=spec.rate_hz, frame_size=_chunk(spec))
    with av.open(target, "w", format=container, options={"fflags": "+bitexact"}) as file:
        stream = cast(AudioStream, file.add_stream(codec, rate=spec.rate_hz, layout="mono"))
        stream.codec_context.bit_rate = spec.bitrate_bps
        for frame in [*resampler.resample(_frame(samples, spec.rate_hz)), *resampler.resample(None)]:
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return target.getvalue()


def _chunk(spec: Spec) -> int:
    return {"opus": spec.rate_hz // 50, "aac": 1024}.get(spec.format, CHUNK)


def _frame(samples: bytes, rate_hz: int) -> av.AudioFrame:
    frame = av.AudioFrame(format="s16", layout="mono", samples=len(samples) // 2)
    frame.planes[0].update(samples.ljust(frame.planes[0].buffer_size, b"\0"))
    frame.sample_rate = rate_hz
    return frame
