"""A run as a picture: queue depth and starts a minute of every pool over time, as SVG text."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from sluice.simulate.report import over
from sluice.simulate.result import PoolResult, Result
from sluice.svg import ALARM, COLOURS, FAINT, FAULT, GRID, SINCE, Axis, document, nice, text, times

_WIDTH, _LEFT, _RIGHT, _TOP = 1000, 70, 24, 84
_PANEL, _GAP = 200, 62
_COLUMNS = 900


@dataclass(frozen=True, slots=True)
class Line:
    """One series: a value per point, and the level that it may not pass."""

    colour: str
    values: Sequence[float]
    limit: int | None = None


def svg_of(result: Result) -> str:
    """Draw a run on white, wide enough for a page."""
    pools = [pool for pool in result.pools.values() if pool.starts] or list(result.pools.values())
    end_s = len(result.arrived_in) * result.bin_s
    across = Axis(end_s, _LEFT, _WIDTH - _LEFT - _RIGHT)
    colours = [COLOURS[index % len(COLOURS)] for index in range(len(pools))]
    waiting = [Line(colour, pool.depth_in) for colour, pool in zip(colours, pools, strict=True)]
    a_minute = [
        Line(colour, _a_minute(pool.starts_in, result.bin_s), pool.limits.rpm)
        for colour, pool in zip(colours, pools, strict=True)
    ]
    second = _TOP + _PANEL + _GAP
    height = second + _PANEL + 52
    return document(
        _WIDTH,
        height,
        [
            text(_LEFT, 28, _title(result), size=16, weight=600),
            *_legend(pools, colours),
            *_panel(result, across, _TOP, "jobs waiting", waiting),
            *_panel(result, across, second, "starts in the last minute (dashed: the limit)", a_minute),
            text(_LEFT + across.length / 2, height - 8, SINCE, colour=FAINT, anchor="middle"),
        ],
    )


def _title(result: Result) -> str:
    models = ", ".join(result.models[:3]) + (" …" if len(result.models) > 3 else "")
    return f"{models}: {result.jobs:,} jobs, {result.traffic.shape} {over(result)}"


def _legend(pools: Sequence[PoolResult], colours: Sequence[str]) -> list[str]:
    parts, x = [], float(_LEFT)
    for pool, colour in zip(pools, colours, strict=True):
        parts += [f'<rect x="{x}" y="45" width="14" height="4" rx="2" fill="{colour}"/>']
        parts += [text(x + 20, 51, pool.name, size=12)]
        x += 44 + 7 * len(pool.name)
    return parts


def _panel(result: Result, across: Axis, top: float, label: str, lines: Sequence[Line]) -> list[str]:
    highest = max([1, *(max(line.values, default=0) for line in lines), *(line.limit or 0 for line in lines)])
    step = nice(highest / 4)
    most = step * (int(highest / step - 1e-9) + 1)
    up = Axis(most, top + _PANEL, -_PANEL)
    return [
        *_faults(result, across, top),
        *_rows(up, step, across),
        *times(across, top + _PANEL),
        text(_LEFT, top - 10, label, size=12, weight=600),
        *(_limit(line, up, across) for line in lines if line.limit),
        *(_polyline(line, up, across) for line in lines),
    ]


def _faults(result: Result, across: Axis, top: float) -> list[str]:
    parts = []
    for down in result.down:
        if down.from_s < across.most:
            x, end = across.at(down.from_s), across.at(min(down.to_s, across.most))
            parts.append(f'<rect x="{x}" y="{top}" width="{end - x:.1f}" height="{_PANEL}" fill="{FAULT}"/>')
            parts.append(text(x + 4, top + 13, f"{down.provider} down", colour=ALARM))
    return parts


def _rows(up: Axis, step: float, across: Axis) -> list[str]:
    parts = []
    for index in range(round(up.most / step) + 1):
        y, value = up.at(index * step), index * step
        colour = FAINT if not index else GRID
        parts.append(f'<line x1="{_LEFT}" x2="{_LEFT + across.length}" y1="{y}" y2="{y}" stroke="{colour}"/>')
        parts.append(text(_LEFT - 8, y + 4, f"{value:,g}", colour=FAINT, anchor="end"))
    return parts


def _limit(line: Line, up: Axis, across: Axis) -> str:
    y = up.at(line.limit or 0)
    return (
        f'<line x1="{_LEFT}" x2="{_LEFT + across.length}" y1="{y}" y2="{y}" stroke="{line.colour}" '
        'stroke-dasharray="4 4" stroke-opacity="0.6"/>'
    )


def _polyline(line: Line, up: Axis, across: Axis) -> str:
    """Draw a series; where there are more points than columns, the highest of each column."""
    width = -(-len(line.values) // _COLUMNS)
    points = [(index, max(line.values[index : index + width])) for index in range(0, len(line.values), width)]
    scale = across.most / max(1, len(line.values))
    path = " ".join(f"{across.at((index + width / 2) * scale)},{up.at(value)}" for index, value in points)
    return (
        f'<polyline points="{path}" fill="none" stroke="{line.colour}" stroke-width="1.6" '
        'stroke-linejoin="round"/>'
    )


def _a_minute(starts: Sequence[int], bin_s: int) -> list[int]:
    """Sum the points of the last minute at every point."""
    width = max(1, 60 // bin_s)
    sums = [0, *accumulate(starts)]
    return [sums[index + 1] - sums[max(0, index + 1 - width)] for index in range(len(starts))]
