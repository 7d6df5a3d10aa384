"""Aspect ratios and resolutions as pixels."""

import re

SHORT_EDGE_PX = {"360p": 360, "480p": 480, "540p": 540, "720p": 720, "768p": 768, "1080p": 1080,
                 "1440p": 1440, "2k": 1440, "2160p": 2160, "4k": 2160}  # fmt: skip
SCALE = {"0.5k": 0.5, "512": 0.5, "1k": 1.0, "2k": 2.0, "4k": 4.0}
MAX_EDGE_PX = 8192


def ratio_of(words: str) -> tuple[float, float] | None:
    """Read "16:9", or nothing from anything else.

    >>> ratio_of("16:9")
    (16.0, 9.0)
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)[:/](\d+(?:\.\d+)?)", words)
    if not found or not float(found[1]) or not float(found[2]):
        return None
    return float(found[1]), float(found[2])


def pixels_of(words: str) -> tuple[int, int] | None:
    """Read "1280x720", "1280:720" or "1280*720".

    >>> pixels_of("1280:720")
    (1280, 720)
    """
    found = re.fullmatch(r"(\d{2,5})[x:*](\d{2,5})", words)
    if not found:
        return None
    width, height = int(found[1]), int(found[2])
    return (width, height) if 16 <= width <= MAX_EDGE_PX and 16 <= height <= MAX_EDGE_PX else None


def video_size(resolution: str, aspect: str) -> tuple[int, int] | None:
    """Fit an aspect ratio to a resolution, which names the shorter edge; edges are even.

    >>> video_size("1080p", "9:16"), video_size("480p", "16:9")
    ((1080, 1920), (854, 480))
    """
    short, ratio = SHORT_EDGE_PX.get(resolution.lower()), ratio_of(aspect)
    if short is None or ratio is None or not 0.2 <= ratio[0] / ratio[1] <= 5:
        return None
    long = round(short * max(ratio) / min(ratio) / 2) * 2
    return (long, short) if ratio[0] >= ratio[1] else (short, long)


def image_size(scale: str, aspect: str, step_px: int = 16) -> tuple[int, int] | None:
    """Fit an aspect ratio to the area of "1K" (1024 x 1024), "2K" or "4K".

    >>> image_size("2K", "1:1"), image_size("1K", "16:9")
    ((2048, 2048), (1360, 768))
    """
    factor, ratio = SCALE.get(scale.lower()), ratio_of(aspect)
    if factor is None or ratio is None or not 0.1 <= ratio[0] / ratio[1] <= 10:
        return None
    edge, root = 1024 * factor, (ratio[0] / ratio[1]) ** 0.5
    return round(edge * root / step_px) * step_px, round(edge / root / step_px) * step_px
