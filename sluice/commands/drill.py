"""`sluice drill`: providers of the local stack break one after another under load; what callers saw."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sluice.commands.deployment import running
from sluice.commands.option import STATE, AsJson, StateFolder, json_object, write_files
from sluice.console import print_json, print_table
from sluice.errors import Refused

if TYPE_CHECKING:
    from gateway.plan import Plan
    from sluice.drill.course import Course
    from sluice.drill.result import Caller, Result
    from sluice.drill.run import Tell
    from sluice.local.state import State

# The emulator carries about five jobs a second; above this it would be what is drilled.
_RPM_MAX = 180
_ANSWER_S = 30


def drill(
    model: Annotated[
        str,
        typer.Option(
            help="The model that callers ask for.",
            show_default="the first of routes.yaml with two providers in its chain",
        ),
    ] = "",
    rpm: Annotated[
        float, typer.Option(help="Callers a minute; the local stack carries no more.", min=1, max=_RPM_MAX)
    ] = 60,
    phase: Annotated[str, typer.Option(help="How long each phase lasts, such as 30s or 2m.")] = "15s",
    fault: Annotated[
        str,
        typer.Option(
            help="How providers break: status:503, hang, malformed, truncate, fail_after_accept, moderation, "
            "expired_url, slow:5; :poll, :file or :job at the end hits those calls and not the submit."
        ),
    ] = "status:503",
    provider: Annotated[
        list[str] | None,
        typer.Option(
            help="A provider to break; repeat for more.", show_default="every one of the chain, in its order"
        ),
    ] = None,
    all_at_once: Annotated[
        bool, typer.Option("--all-at-once", help="At the end, break all of the chain together.")
    ] = False,
    parameters: Annotated[
        str, typer.Option("--input", help="Parameters of every job as JSON, such as '{\"duration\": 8}'.")
    ] = "{}",
    state: StateFolder = STATE,
    out: Annotated[
        Path,
        typer.Option(help="Folder for timeline.svg, jobs.csv and result.json.", show_default=".sluice/drill"),
    ] = STATE / "drill",
    as_json: AsJson = False,
) -> None:
    """Break providers of the running local stack one after another under load, and show what callers saw.

    Exit code 0 if no caller saw an error while some provider of the chain was left. Nothing stays broken.

    Example: `sluice drill --model veo-3.1 --rpm 30 --fault fail_after_accept`
    """
    from sluice.drill.course import Order, course_of
    from sluice.drill.result import unlucky
    from sluice.drill.sandbox import fault_of
    from sluice.local.state import locked
    from sluice.span import span_s

    order = Order(
        phase_s=span_s(phase, "--phase"),
        rpm=rpm,
        fault=fault_of(fault),
        model=model,
        parameters=json_object(parameters, "--input"),
        only=tuple(provider or ()),
        all_at_once=all_at_once,
    )
    stack = running(state)
    course = course_of(_plan(stack), order)
    _require_sandboxed(stack, course)
    write_files(out, {})  # before anything is broken
    with locked(state):  # neither another drill nor an `up` may come between
        result, ended_by = _run(stack, course)
    _show(result, _write(result, out), as_json)
    if ended_by:
        raise ended_by
    raise typer.Exit(1 if unlucky(result)[0] else 0)


def _plan(stack: "State") -> "Plan":
    """Compile the files that the stack was made from, and insist that they are what runs."""
    from sluice.config import read_again

    folder = Path(stack.context["dir"])
    plan = read_again(folder, stack.context).plan
    if plan is None or plan.hash != stack.outputs.get("PlanHash"):
        raise Refused(f"the files in {folder} are no longer what runs. Serve them first: `make up`.")
    return plan


def _require_sandboxed(stack: "State", course: "Course") -> None:
    from sluice.config import live_of

    live = [name for name in course.providers if name in live_of(stack.context)]
    if live:
        raise Refused(
            f"{course.model!r} goes to {', '.join(live)} for real: only the sandbox can be broken, and a "
            "drill would spend real money. Run `make up` without LIVE first, or name another --model."
        )


def _run(stack: "State", course: "Course") -> tuple["Result", BaseException | None]:
    """Run a drill; what there is of it, and what ended it early."""
    import httpx

    from sluice.drill.run import Run
    from sluice.drill.sandbox import Sandbox
    from sluice.local.interrupt import interrupting
    from sluice.local.seed import usual

    with (
        interrupting(),
        httpx.Client(timeout=_ANSWER_S, trust_env=False, limits=httpx.Limits()) as gateway,
        httpx.Client(timeout=_ANSWER_S, trust_env=False) as controls,
    ):
        sandbox = Sandbox(controls, stack.context["sandbox_url"])
        sandbox.require_whole(course.providers)
        gateway.base_url = httpx.URL(stack.base_url)
        gateway.headers["authorization"] = f"Bearer {usual(stack.keys)}"
        print(_announced(course, stack.base_url), file=sys.stderr)
        with _progress(course) as tell:
            run = Run(course, gateway, sandbox, tell)
            try:
                run.go()
            except (KeyboardInterrupt, Refused) as ended_by:
                return run.result(cut=True), ended_by
        return run.result(cut=False), None


def _announced(course: "Course", base_url: str) -> str:
    from sluice.span import spoken_s

    order, said = course.order, ", ".join(phase.name for phase in course.phases)
    lines = [
        f"{course.model} ({' -> '.join(course.providers)}) at {base_url}, {order.rpm:g} callers a minute.",
        f"{spoken_s(order.phase_s)} each: {said}. "
        f"Down means {' '.join(map(str, order.fault.values()))}. Ctrl-C heals everything.",
    ]
    if len(course.providers) == 1:
        lines.append(
            f"{course.providers[0]} is the only provider here: while it is down, callers will see errors. "
            "Another target or a fallback in routes.yaml would serve them."
        )
    return "\n".join(lines)


@contextmanager
def _progress(course: "Course") -> Iterator["Tell"]:
    """Show on a terminal where the drill stands, elsewhere a line whenever something new begins."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, begun = bar.add_task("", total=sum(each.seconds for each in course.phases)), time.monotonic()

        def tell(what: str, callers: "Sequence[Caller]") -> None:
            bar.update(task, completed=time.monotonic() - begun, description=_standing(what, callers))

        yield tell


def _lines() -> "Tell":
    told = ""

    def tell(what: str, callers: "Sequence[Caller]") -> None:
        nonlocal told
        if what != told:
            told = what
            print(_standing(what, callers), file=sys.stderr)

    return tell


def _standing(what: str, callers: "Sequence[Caller]") -> str:
    served, failed = sum(each.served for each in callers), sum(bool(each.error) for each in callers)
    return f"{what}: {len(callers)} asked, {served} served, {failed} failed"


def _write(result: "Result", out: Path) -> dict[str, str]:
    from sluice.drill import report, timeline

    texts = {
        "timeline.svg": timeline.svg_of(result),
        "jobs.csv": report.callers_csv(result),
        "result.json": json.dumps(report.json_of(result), indent=2) + "\n",
    }
    return write_files(out, texts)


def _show(result: "Result", files: dict[str, str], as_json: bool) -> None:
    from sluice.drill import report
    from sluice.drill.result import verdict_of

    if as_json:
        print_json({**report.json_of(result), "files": files})
        return
    print_table(report.COLUMNS, report.table_of(result), empty="")
    for line in ["", *report.notes_of(result), verdict_of(result)]:
        print(line)
    print(files["timeline.svg"], file=sys.stderr)
