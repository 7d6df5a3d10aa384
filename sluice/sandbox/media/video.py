"""A spec as an MP4 of an exact size and duration: a still landscape with a moving light, cheap to encode."""

from fractions import Fraction
from math import pi, sin
from pathlib import Path
from tempfile import TemporaryDirectory

import av
from av.video.stream import VideoStream
from PIL import Image, ImageDraw

from sluice.sandbox.media.scene import paint
from sluice.sandbox.media.spec import Spec

FPS = 10
"""Few frames keep rendering quick; a duration is exact to a tenth of a second."""

Planes = tuple[Image.Image, Image.Image, Image.Image]


def render_video(spec: Spec) -> bytes:
    """Render a clip of H.264 in yuv420p; odd sizes lose one pixel, because 4:2:0 has none."""
    width, height = spec.width_px // 2 * 2, spec.height_px // 2 * 2
    count = max(1, round(spec.duration_s * FPS))
    still = _planes(paint(spec).crop((0, 0, width, height)))
    with (
        TemporaryDirectory() as folder
    ):  # a real file: "faststart" moves the index to its front by reading it again
        path = Path(folder, "clip.mp4")
        with av.open(path, "w", options={"movflags": "+faststart", "fflags": "+bitexact"}) as file:
            stream = _stream(file, width, height)
            for number in range(count):
                _encode(file, stream, _frame(_light(still, number / max(1, count - 1), spec.seed), number))
            _encode(file, stream, None)
        return path.read_bytes()


def _stream(file: av.container.OutputContainer, width: int, height: int) -> VideoStream:
    options = {"preset": "ultrafast", "crf": "24", "bf": "0"}  # no B-frames: the duration stays exact
    stream: VideoStream = file.add_stream("libx264", rate=FPS, options=options)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.codec_context.time_base = Fraction(1, FPS)
    stream.codec_context.gop_size = FPS * 4
    stream.codec_context.thread_count = 2  # fixed: the number of threads changes the bytes
    return stream


def _encode(file: av.container.OutputContainer, stream: VideoStream, frame: av.VideoFrame | None) -> None:
    for packet in stream.encode(frame):
        packet.duration = 1
        file.mux(packet)


def _planes(picture: Image.Image) -> Planes:
    luma, blue, red = picture.convert("YCbCr").split()
    half = (picture.width // 2, picture.height // 2)
    scale = [round(16 + level * 219 / 255) for level in range(256)]  # video range
    tone = [round(128 + (level - 128) * 224 / 255) for level in range(256)]
    return luma.point(scale), blue.resize(half).point(tone), red.resize(half).point(tone)


def _light(still: Planes, share: float, seed: int) -> Planes:
    """Put the moving light and the progress line onto a copy of the still picture."""
    luma, blue, red = (plane.copy() for plane in still)
    width, height = luma.size
    radius = max(4, min(width, height) // 60)
    x = radius * 3 + share * (width - radius * 6)
    y = height * (0.2 + 0.06 * sin(2 * pi * (share * 1.5 + seed % 7 / 7)))
    line = max(2, min(width, height) // 120)
    for plane, level, scale in ((luma, 235, 1), (blue, 128, 2), (red, 128, 2)):
        draw = ImageDraw.Draw(plane)
        box = [(x - radius) / scale, (y - radius) / scale, (x + radius) / scale, (y + radius) / scale]
        draw.ellipse(box, fill=level)
        draw.rectangle((0, (height - line) / scale, share * width / scale, height / scale), fill=level)
    return luma, blue, red


def _frame(planes: Planes, number: int) -> av.VideoFrame:
    frame = av.VideoFrame(planes[0].width, planes[0].height, "yuv420p")
    for target, plane in zip(frame.planes, planes, strict=True):
        target.update(plane.tobytes("raw", "L", target.line_size, 1))
    frame.pts, frame.time_base = number, Fraction(1, FPS)
    return frame
