"""`sluice simulate`: what a traffic would meet on your files, on a virtual clock; nobody is called."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sluice.commands.option import HERE, STATE, AsJson, Folder, json_object, write_files
from sluice.console import print_json, print_table

if TYPE_CHECKING:
    from sluice.simulate import Result

# Shorter runs are over before a bar would be read.
_LONG = 100_000


def simulate(
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="A model that callers ask for, NAME or NAME:WEIGHT; repeat for more.",
            show_default="the first of routes.yaml",
        ),
    ] = None,
    shape: Annotated[
        str, typer.Option(help="constant, burst, daily or csv.", show_default="constant, or csv with --csv")
    ] = "",
    rpm: Annotated[
        float | None,
        typer.Option(help="Jobs a minute, on average.", show_default="60", min=0.001),
    ] = None,
    jobs: Annotated[int | None, typer.Option(help="Jobs in all.", min=1)] = None,
    duration: Annotated[
        str | None,
        typer.Option(help="How long jobs arrive, such as 10m, 2h, 30d.", show_default="10m; daily: 1d"),
    ] = None,
    burst_size: Annotated[
        int | None,
        typer.Option(help="Jobs at one instant; with --rpm, bursts repeat to that mean.", min=1),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(help="File of arrivals with the columns at_s[,tenant[,model]].")
    ] = None,
    tenants: Annotated[
        str, typer.Option(help="Who asks, as shares or counts: `a:500,b:100`.", show_default="one")
    ] = "all",
    down: Annotated[
        list[str] | None,
        typer.Option(help="A provider that fails for a while, such as google:10m-20m; repeat for more."),
    ] = None,
    tier: Annotated[
        str, typer.Option(help="The tier whose limits each tenant meets.", show_default="no limits")
    ] = "",
    real: Annotated[
        list[str] | None,
        typer.Option(
            help="A provider that takes only so many calls a minute, such as google:20; repeat for more."
        ),
    ] = None,
    parameters: Annotated[
        str, typer.Option("--input", help="Parameters of every job as JSON, such as '{\"duration\": 8}'.")
    ] = "{}",
    jitter: Annotated[
        float, typer.Option(help="Spread of service times: 0.2 is 20 % up or down.", min=0, max=1)
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="The same seed is the same run.")] = 0,
    out: Annotated[
        Path,
        typer.Option(
            help="Folder for plot.svg, series.csv and result.json.", show_default=".sluice/simulate"
        ),
    ] = STATE / "simulate",
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Predict waits, 429s, slots used and cost of a traffic on your files, by the gateway's own pacing code.

    Two of --rpm, --jobs and --duration give the third.

    Example: `sluice simulate --model veo-3.1 --shape burst --tenants a:500,b:100 --down google:2m-5m`
    """
    from sluice.config import read_sound
    from sluice.simulate import Traffic, option
    from sluice.simulate import simulate as run
    from sluice.span import span_s

    traffic = Traffic(
        models=option.weights(model or [], "--model"),
        tenants=option.weights(tenants.split(","), "--tenants"),
        shape=shape or ("csv" if csv else "constant"),
        rpm=rpm,
        jobs=jobs,
        duration_s=span_s(duration, "--duration") if duration is not None else None,
        burst_size=burst_size,
        csv=csv,
        down=tuple(option.down(text) for text in down or []),
        tier=tier,
        real=option.real(real or []),
        jitter=jitter,
        seed=seed,
        parameters=json_object(parameters, "--input"),
    )
    plan, _ = read_sound(folder)
    begun = time.perf_counter()
    with _bar() as tell:
        result = run(plan, traffic, progress=tell)
    _show(result, _write(result, out), time.perf_counter() - begun, as_json)


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """Show how far a long run has come, on a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("simulating"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("jobs", visible=False)

        def tell(done: int, of: int) -> None:
            bar.update(task, completed=done, total=of, visible=of >= _LONG)

        yield tell


def _write(result: "Result", out: Path) -> dict[str, str]:
    from sluice.simulate import plot, report

    texts = {
        "plot.svg": plot.svg_of(result),
        "series.csv": report.series_csv(result),
        "result.json": json.dumps(report.json_of(result), indent=2) + "\n",
    }
    return write_files(out, texts)


def _show(result: "Result", files: dict[str, str], took_s: float, as_json: bool) -> None:
    from sluice.simulate import report

    if as_json:
        print_json({**report.json_of(result), "took_s": round(took_s, 3), "files": files})
        return
    for table in report.tables_of(result):
        print_table(table.columns, table.rows, empty="")
        print()
    print(f"{result.jobs:,} jobs simulated in {took_s:.1f} s. {files['plot.svg']}", file=sys.stderr)
