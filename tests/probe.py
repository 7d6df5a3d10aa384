"""What a media file is, read from its bytes."""

from io import BytesIO

import av
from PIL import Image


def picture_size(body: bytes) -> tuple[int, int]:
    """
    Open a picture, decode it, and tell its size.
    """
    with Image.open(BytesIO(body)) as picture:
        picture.load()
        return picture.size


def clip_facts(body: bytes) -> tuple[int, int, float]:
    """
    Open a clip that every browser plays, and tell its width, height and seconds.
    """
    with av.open(BytesIO(body), "r") as file:
        video = file.streams.video[0]
        assert video.codec_context.name == "h264"
        assert video.codec_context.pix_fmt == "yuv420p"
        return video.width, video.height, (file.duration or 0) / av.time_base


def sound_seconds(body: bytes) -> float:
    """
    Open a sound and tell its length.
    """
    with av.open(BytesIO(body), "r") as file:
        return (file.duration or 0) / av.time_base
