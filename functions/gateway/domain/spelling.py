"""What a request says in words that one target does not have and another word of it means as well.

A chain goes over models that know pixels, models that know ratios, and models that make one output a call.
"""

import re
from collections.abc import Mapping
from math import log
from typing import Any

from gateway.plan import Parameter

_SIZE = re.compile(r"([1-9]\d{1,4})x([1-9]\d{1,4})", re.ASCII)
_RATIO = re.compile(r"([1-9]\d{0,3}):([1-9]\d{0,3})", re.ASCII)
# Names of resolutions -> the side of a square picture, and the lines of a film.
_SIDES = {"1k": 1024, "2k": 2048, "4k": 4096}
_LINES = {"360p": 360, "480p": 480, "540p": 540, "720p": 720, "768p": 768, "1080p": 1080, "4k": 2160}
_SAME_QUALITY = {"standard": "medium", "hd": "high"}


def spelled(known: Mapping[str, Parameter], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request in the words of a target, as far as it has words for the same.

    ``size`` becomes the nearest ``aspect_ratio``, and the nearest ``resolution`` where the target has some;
    ``n`` of 1 is left out where a target makes one output anyway.
    """
    found = dict(asked)
    if found.get("n") == 1 and "n" not in known:
        del found["n"]
    if "size" in found and "size" not in known and "aspect_ratio" not in found:
        found = _shaped(known, found)
    quality = known.get("quality")
    if quality and quality.enum and found.get("quality") not in quality.enum:
        same = _SAME_QUALITY.get(str(found.get("quality")))
        found |= {"quality": same} if same in quality.enum else {}
    return found


def nearest_ratio(width: int, height: int, ratios: tuple[Any, ...]) -> str | None:
    """Return the ratio that a picture comes nearest to, or nothing where none is one.

    >>> nearest_ratio(1792, 1024, ("1:1", "16:9", "21:9")), nearest_ratio(1, 1, ("auto",))
    ('16:9', None)
    """
    shapes = {ratio: int(found[1]) / int(found[2]) for ratio in ratios if (found := _RATIO.fullmatch(ratio))}
    return min(shapes, key=lambda ratio: abs(log(shapes[ratio] / (width / height))), default=None)


def _shaped(known: Mapping[str, Parameter], asked: dict[str, Any]) -> dict[str, Any]:
    found = _SIZE.fullmatch(str(asked["size"]))
    ratio = known["aspect_ratio"] if "aspect_ratio" in known else Parameter()
    if found is None:
        return asked
    width, height = int(found[1]), int(found[2])
    nearest = nearest_ratio(width, height, ratio.enum)
    if nearest is None:
        return asked
    rest = {name: value for name, value in asked.items() if name != "size"} | {"aspect_ratio": nearest}
    resolution = known.get("resolution")
    if resolution and "resolution" not in rest and (named := _resolution(width, height, resolution.enum)):
        rest["resolution"] = named
    return rest


def _resolution(width: int, height: int, names: tuple[Any, ...]) -> str | None:
    """Return the resolution nearest to a size: films by their lines, pictures by their area.

    >>> _resolution(1280, 720, ("480p", "720p", "4k")), _resolution(1536, 1024, ("1K", "2K", "4K"))
    ('720p', '1K')
    """
    film = any(str(name).endswith("p") for name in names)
    side = min(width, height) if film else (width * height) ** 0.5
    sides = {name: _LINES.get(name) if film else _SIDES.get(str(name).lower()) for name in names}
    known = {name: abs(log(of / side)) for name, of in sides.items() if of}
    return min(known, key=lambda name: known[name], default=None)
