"""A drill as a picture: a lane a provider, a mark a caller, as SVG text.

Across goes the time at which a caller asked; up, inside a lane, how long it took to be served or to fail.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from sluice.drill.result import Caller, Result, Window, instant, verdict_of
from sluice.span import spoken_s
from sluice.svg import ALARM, COLOURS, FAINT, FAULT, GRID, SINCE, Axis, document, nice, text, times

_WIDTH, _LEFT, _RIGHT, _TOP = 1000, 108, 44, 116
_LANE, _LANE_EMPTY, _GAP = 92, 44, 16
_BAND, _HOP = "#fff7f6", "#b6bfc9"
_LETTER = 8
_LOST = ""  # served by nobody
_ACROSS = f"{SINCE}; the height of a mark is how long its caller waited"


@dataclass(frozen=True, slots=True)
class Lane:
    """Where the callers of one provider are drawn, or those that nobody served."""

    name: str
    colour: str
    up: Axis

    @property
    def top(self) -> float:
        """Return its upper edge."""
        return self.up.origin + self.up.length


@dataclass(frozen=True, slots=True)
class Sheet:
    """What all parts of the picture must know.

    Args:
        began: the instant that is the left edge.
        radius: of a mark, so that neighbours do not touch.
    """

    result: Result
    lanes: Mapping[str, Lane]
    across: Axis
    began: float
    radius: float

    @property
    def bottom(self) -> float:
        """Return the lowest edge of all lanes."""
        return max(lane.up.origin for lane in self.lanes.values())

    def x(self, at: float) -> float:
        """Return the pixel of an instant."""
        return self.across.at(at - self.began)


def svg_of(result: Result) -> str:
    """Draw a drill on white, wide enough for a page."""
    sheet = _sheet(result)
    title = f"{result.course.model}: {' → '.join(result.course.providers)}"
    return document(
        _WIDTH,
        round(sheet.bottom) + 56,
        [
            text(_LEFT, 30, title, size=17, weight=600),
            text(_LEFT, 52, verdict_of(result), size=12, colour=FAINT),
            *_legend(sheet),
            *(part for window in result.windows for part in _band(sheet, window)),
            *(part for lane in sheet.lanes.values() for part in _frame(sheet, lane)),
            *times(sheet.across, sheet.bottom),
            text(_LEFT + sheet.across.length / 2, sheet.bottom + 44, _ACROSS, colour=FAINT, anchor="middle"),
            *(part for caller in result.callers for part in _caller(sheet, caller)),
        ],
    )


def _sheet(result: Result) -> Sheet:
    began = result.windows[0].from_s if result.windows else 0.0
    span_s = max([1.0, *(window.to_s - began for window in result.windows)])
    across = Axis(span_s, _LEFT, _WIDTH - _LEFT - _RIGHT)
    most = nice(max([1.0, *(caller.took_s or 0 for caller in result.callers)]))
    lanes, top = {}, float(_TOP)
    for index, name in enumerate((*result.course.providers, _LOST)):
        tall = name != _LOST or any(caller.error for caller in result.callers)
        height = _LANE if tall else _LANE_EMPTY
        colour = ALARM if name == _LOST else COLOURS[index % len(COLOURS)]
        lanes[name] = Lane(name, colour, Axis(most, top + height, -height))
        top += height + _GAP
    pitch = across.length / span_s * 60 / result.course.order.rpm
    return Sheet(result, lanes, across, began, max(1.8, min(4.2, 0.4 * pitch)))


def _legend(sheet: Sheet) -> list[str]:
    """Explain the marks, drawn as they are drawn below."""
    parts, x = [], float(_LEFT + 4)
    colour = next(iter(sheet.lanes.values())).colour
    for draw, meaning in (
        (partial(_dot, colour=colour), "served"),
        (_cross, "tried, failed, went on"),
        (_ring, "passed over: failed again and again"),
        (partial(_dot, colour=ALARM), "saw an error"),
    ):
        parts += [draw(x, 72, 3.8), text(x + 10, 76, meaning, colour=FAINT)]
        x += 42 + 6.2 * len(meaning)
    return parts


def _band(sheet: Sheet, window: Window) -> Iterator[str]:
    """Shade a phase in which something is down, the lanes of what is down more than the others."""
    x, width = sheet.x(window.from_s), sheet.x(window.to_s) - sheet.x(window.from_s)
    broken, name = window.phase.broken, window.phase.name
    if broken:
        yield _box(x, _TOP, width, sheet.bottom - _TOP, _BAND)
    for lane in (sheet.lanes[provider] for provider in broken):
        yield _box(x, lane.top, width, _LANE, FAULT)
    yield f'<line x1="{x}" x2="{x}" y1="{_TOP - 20}" y2="{sheet.bottom}" stroke="{GRID}"/>'
    # Where a phase is too narrow for its name, who is down says enough, and what is back follows from it.
    said = name if width > _LETTER * len(name) else ", ".join(broken)
    if width > _LETTER * len(said):
        colour, weight = (ALARM, 600) if broken else (FAINT, 400)
        yield text(x + 6, _TOP - 9, said, size=12, colour=colour, weight=weight)


def _frame(sheet: Sheet, lane: Lane) -> Iterator[str]:
    """Write whose lane it is, and its scale."""
    right = _LEFT + sheet.across.length
    failed = lane.name == _LOST
    marks = sum(caller.over and caller.provider == lane.name for caller in sheet.result.callers)
    label, said = ("errors", f"{marks} callers") if failed else (lane.name, f"{marks} served")
    yield text(_LEFT - 12, lane.top + 15, label, size=13, colour=lane.colour, anchor="end", weight=600)
    yield text(_LEFT - 12, lane.top + 31, said, colour=FAINT, anchor="end")
    for value in (0, lane.up.most / 2, lane.up.most) if marks or not failed else (0,):
        y, colour = lane.up.at(value), GRID if value else FAINT
        yield f'<line x1="{_LEFT}" x2="{right}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="0.8"/>'
        yield text(right + 6, y + 4, spoken_s(value) if value else "0", size=10, colour=FAINT)


def _caller(sheet: Sheet, caller: Caller) -> Iterator[str]:
    """Draw a caller: its way as a line, with a mark at each target that it met."""
    x, created = sheet.x(caller.asked_at), instant(caller.job.get("created_at")) or 0
    ys, marks = [], []
    for each in caller.tries(sheet.result.course.chain):
        up = sheet.lanes[each.provider].up
        if each.status == "passed":
            marks.append(_ring(x, up.origin - 6, 0.8 * sheet.radius))
        elif each.status in ("failed", "unknown") and each.finished_at:
            ys.append(up.at(each.finished_at - created))
            marks.append(_cross(x, ys[-1], 0.8 * sheet.radius))
    if caller.over:
        lane = sheet.lanes[caller.provider]
        ys.append(lane.up.at(min(caller.took_s or 0, lane.up.most)))
        marks.append(_dot(x, ys[-1], sheet.radius, lane.colour))
    if len(ys) > 1:
        yield f'<line x1="{x}" x2="{x}" y1="{min(ys)}" y2="{max(ys)}" stroke="{_HOP}" stroke-width="1"/>'
    yield from marks


def _dot(x: float, y: float, radius: float, colour: str) -> str:
    return f'<circle cx="{x}" cy="{y}" r="{radius:.1f}" fill="{colour}" fill-opacity="0.85"/>'


def _ring(x: float, y: float, radius: float) -> str:
    return f'<circle cx="{x}" cy="{y}" r="{radius:.1f}" fill="#ffffff" stroke="{FAINT}" stroke-width="1.1"/>'


def _cross(x: float, y: float, arm: float) -> str:
    side = f"{2 * arm:.1f}"
    path = f"M{x - arm:.1f} {y - arm:.1f}l{side} {side}m0 -{side}l-{side} {side}"
    return f'<path d="{path}" stroke="{ALARM}" stroke-width="1.4" fill="none"/>'


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x}" y="{y}" width="{width:.1f}" height="{height}" fill="{colour}"/>'
