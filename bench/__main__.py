"""Measure the functions under a local Lambda: starts, a warm inline image, and other gateways beside them.

Everything answers at once (bench.cloud), so the figures are the function's own. A trivial function runs
beside it, LiteLLM and Portkey get the same load in the same run; the ratios carry over to other machines, the
milliseconds do not.
"""

import json
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.cloud import instant_cloud
from bench.compare import compare, show
from bench.package import PYTHON, settings, shipped
from bench.runtime import function

ROOT = Path(__file__).resolve().parents[1]
COLD_ROUNDS = 15
WARM_CALLS = 300
WARM_UP = 20
CALLER = {"id": "key_1", "tenant": "bench", "tier": "pro", "scopes": "submit read"}
FIRST = {
    "GET /health": ("GET", "/health", None, {}),
    "GET /v1/models/veo-3.1": ("GET", "/v1/models/veo-3.1", None, {}),
    "POST /v1/veo-3.1 -> 202": (
        "POST",
        "/v1/veo-3.1",
        {"prompt": "a lighthouse"},
        {"prefer": "respond-async"},
    ),
    "POST /v1/nano-banana-pro -> 200 (inline, 1 MB PNG)": (
        "POST",
        "/v1/nano-banana-pro",
        {"prompt": "a lighthouse"},
        {},
    ),
}


def main() -> None:
    """Run all rounds and print the tables; ``--json`` prints the figures alone."""
    with instant_cloud() as url:
        package = shipped(url)
        trivial = _trivial()
        variables = settings(url)
        cold = {name: _cold(package, variables, name) for name in FIRST}
        floor = [_start_only(trivial) for _ in range(COLD_ROUNDS)]
        warm = _warm(package, variables)
    figures = {
        "machine": f"{platform.machine()}, Python {platform.python_version()}, {_cpu()}",
        "trivial_function_ms": _spread(floor),
        "cold_start_ms": {name: _spread(rounds) for name, rounds in cold.items()},
        "cold_start_ratio_to_trivial": {
            name: round(statistics.median(rounds) / statistics.median(floor), 1)
            for name, rounds in cold.items()
        },
        "warm_inline_image": warm,
        "package_zip_mb": _zip_mb(package),
        "side_by_side": compare(),
    }
    if "--json" in sys.argv:
        print(json.dumps(figures, indent=1))
    else:
        _show(figures)


def _cold(package: Path, settings: dict[str, str], name: str) -> list[float]:
    rounds = []
    for _ in track(range(COLD_ROUNDS), description=name, console=Console(stderr=True)):
        with function(PYTHON, package, "gateway.handlers.api.handler", settings) as started:
            spent_ms, answer = started.invoke(_event(*FIRST[name]))
            if answer["statusCode"] >= 400:
                raise SystemExit(f"{name}: {answer['body']}")
            rounds.append(started.init_ms + spent_ms)
    return rounds


def _start_only(package: Path) -> float:
    with function(PYTHON, package, "trivial.handler", {}) as started:
        return started.init_ms + started.invoke({})[0]


def _warm(package: Path, settings: dict[str, str]) -> dict[str, float]:
    event = _event(*FIRST["POST /v1/nano-banana-pro -> 200 (inline, 1 MB PNG)"])
    with function(PYTHON, package, "gateway.handlers.api.handler", settings) as started:
        for _ in range(WARM_UP):
            started.invoke(event)
        before = started.cpu_s()
        spent = [started.invoke(event)[0] for _ in range(WARM_CALLS)]
        cpu_ms = (started.cpu_s() - before) * 1000 / WARM_CALLS
    cuts = statistics.quantiles(spent, n=100)
    return {"cpu_ms": round(cpu_ms, 2), "p50_ms": round(cuts[49], 2), "p95_ms": round(cuts[94], 2)}


def _event(method: str, path: str, body: Any, headers: dict[str, str]) -> dict[str, Any]:
    return {
        "httpMethod": method,
        "path": path,
        "resource": "/v1/{proxy+}",
        "headers": headers,
        "body": None if body is None else json.dumps(body),
        "requestContext": {"authorizer": CALLER, "domainName": "bench", "stage": "sluice"},
    }


def _trivial() -> Path:
    folder = ROOT / ".sluice/bench-trivial"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "trivial.py").write_text("def handler(event, context):\n    return {}\n")
    return folder


def _zip_mb(package: Path) -> float:
    import shutil

    made = shutil.make_archive(str(ROOT / ".sluice/bench-package"), "zip", package)
    return round(Path(made).stat().st_size / 1e6, 2)


def _spread(values: list[float]) -> dict[str, float]:
    return {"min": round(min(values)), "median": round(statistics.median(values)), "max": round(max(values))}


def _cpu() -> str:
    found = subprocess.run(["lscpu"], capture_output=True, text=True, check=False).stdout
    name = next((line.partition(":")[2].strip() for line in found.splitlines() if "Model name" in line), "?")
    return name


def _show(figures: dict[str, Any]) -> None:
    console = Console()
    console.print(figures["machine"])
    table = Table("cold start (init + first answer)", "min ms", "median ms", "max ms", "x trivial")
    table.add_row("trivial function", *map(str, figures["trivial_function_ms"].values()), "1")
    for name, spread in figures["cold_start_ms"].items():
        table.add_row(name, *map(str, spread.values()), str(figures["cold_start_ratio_to_trivial"][name]))
    console.print(table)
    warm = figures["warm_inline_image"]
    console.print(
        f"warm inline image call (1 MB PNG decoded, hashed, probed, stored, settled): "
        f"{warm['cpu_ms']} ms CPU, wall p50 {warm['p50_ms']} ms, p95 {warm['p95_ms']} ms"
    )
    console.print(f"package: {figures['package_zip_mb']} MB zipped")
    show(figures["side_by_side"], console)


if __name__ == "__main__":
    main()
