"""The pieces of a picture as SVG text, without a library: colours, axes, words."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from sluice.span import spoken_s

COLOURS = ("#1f6feb", "#d97706", "#0f8a5f", "#c2255c", "#7048e8", "#0b7285", "#5c940d", "#862e9c")
INK, FAINT, GRID, FAULT, ALARM = "#1f2328", "#57606a", "#e3e6ea", "#fde8e8", "#b42318"
SINCE = "time since the start"
_FONT = "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif"
_STEPS_S = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400)
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Axis:
    """How a span of values lies on a span of pixels."""

    most: float
    origin: float
    length: float

    def at(self, value: float) -> float:
        """Return the pixel of a value."""
        return round(self.origin + self.length * value / self.most, 1)


def document(width: int, height: int, parts: Sequence[str]) -> str:
    """Put the parts of a picture on white."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="{_FONT}">'
    )
    ground = f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    return "\n".join([head, ground, *parts, "</svg>\n"])


def times(across: Axis, bottom: float) -> list[str]:
    """Draw the marks of an axis of time, whose values are seconds."""
    days = -(-across.most // (9 * _DAY_S)) * _DAY_S
    step = next((step for step in _STEPS_S if across.most / step <= 9), days)
    parts = []
    for index in range(int(across.most / step) + 1):
        x = across.at(index * step)
        parts.append(f'<line x1="{x}" x2="{x}" y1="{bottom}" y2="{bottom + 5}" stroke="{FAINT}"/>')
        said = spoken_s(index * step) if index else "0"
        parts.append(text(x, bottom + 19, said, colour=FAINT, anchor="middle"))
    return parts


def nice(least: float) -> float:
    """Return the round number at or above a value: 1, 2 or 5 and zeros."""
    size = 1
    while True:
        for digit in (1, 2, 5):
            if digit * size >= least:
                return digit * size
        size *= 10


def text(
    x: float,
    y: float,
    words: str,
    *,
    size: int = 11,
    colour: str = INK,
    anchor: str = "start",
    weight: int = 400,
) -> str:
    """Write words, their baseline at a point."""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}" text-anchor="{anchor}" '
        f'font-weight="{weight}">{escape(words)}</text>'
    )
