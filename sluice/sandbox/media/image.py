"""A spec as a picture file."""

from io import BytesIO
from typing import Any

from sluice.sandbox.media.scene import paint
from sluice.sandbox.media.spec import Spec

OPTIONS: dict[str, dict[str, Any]] = {
    "png": {"compress_level": 1},  # four times quicker than the default for a tenth more bytes
    "jpeg": {"quality": 90},
    "webp": {"quality": 88, "method": 1},
    "gif": {},
}


def render_image(spec: Spec) -> bytes:
    """Render a picture in the spec's format and exact size."""
    target = BytesIO()
    paint(spec).save(target, spec.format.upper(), **OPTIONS[spec.format])
    return target.getvalue()
