"""Runs every model of the catalogue once through a local gateway: `make sweep`.

What has passed is kept in a file, so that a run that was stopped goes on where it was.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock, Thread

import httpx
from rich.console import Console
from rich.progress import track

from gateway.plan import Model, Plan
from sluice.config import read_catalogue
from sluice.local.stack import Setup, running
from sluice.root import ROOT
from tests.builders import a_png, a_video, a_wav, providers
from tests.e2e.conftest import unpacking
from tests.sweep.check import Verdict, check

KEPT = ROOT / ".sluice" / "sweep.jsonl"
ROUTES = "version: 1\ndefaults: {deadline: 10m}\ntiers: {pro: {}, free: {}}\nmodels: {}\n"


def main() -> int:
    """Run the sweep, tell it as a table; 1 where a model failed."""
    asked = _arguments()
    plan = read_catalogue()
    models = _chosen(plan, asked.provider.split(",") if asked.provider else [], asked.sample)
    before = {} if asked.anew else _kept()
    left = [model for model in models if f"{model.provider}/{model.id}" not in before][: asked.most]
    print(f"{len(models)} models, {len(before)} passed before, {len(left)} are run now.", flush=True)
    verdicts = list(before.values()) + (_run(left, asked.at_once) if left else [])
    names = {f"{model.provider}/{model.id}" for model in models}
    return _tell([verdict for verdict in verdicts if verdict.model in names])


def _run(models: list[Model], at_once: int) -> list[Verdict]:
    enabled = sorted({model.provider for model in models})
    with TemporaryDirectory() as name, _files() as files, unpacking() as emulator:
        folder = Path(name)
        lines = "".join(f"  {each}: {{secret: sweep/{each}}}\n" for each in enabled)
        (folder / "providers.yaml").write_text(f"version: 1\nproviders:\n{lines}")
        (folder / "routes.yaml").write_text(ROUTES)
        setup = Setup(folder, folder / "state", emulator=emulator, render_scale=0.1)
        with (
            running(setup) as stack,
            httpx.Client(
                base_url=stack.base_url,
                headers={"authorization": f"Bearer {stack.api_key}"},
                timeout=120,
                trust_env=False,
            ) as http,
            ThreadPoolExecutor(at_once) as pool,
        ):
            print(f"The gateway is up with {len(enabled)} providers.", flush=True)
            verdicts = pool.map(partial(_one, http, files, Lock()), models)
            return list(track(verdicts, "Models", len(models), console=Console(stderr=True)))


def _one(http: httpx.Client, files: dict[str, str], lock: Lock, model: Model) -> Verdict:
    verdict = check(http, model, files)
    with lock:
        if verdict.fault:
            print(f"FAILED {verdict.model} ({verdict.operation}): {verdict.fault}", flush=True)
        else:
            KEPT.parent.mkdir(exist_ok=True)
            with KEPT.open("a") as file:
                file.write(json.dumps(asdict(verdict)) + "\n")
    return verdict


def _tell(verdicts: list[Verdict]) -> int:
    rows: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        rows[verdict.model.partition("/")[0]].append(verdict)
    print(f"\n{'provider':<20}{'models':>8}{'passed':>8}{'priced':>8}{'unpriced':>10}{'slowest':>10}")
    for name, own in [*sorted(rows.items()), ("all", verdicts)]:
        good = [verdict for verdict in own if not verdict.fault]
        free = sum(verdict.cost == "unpriced" for verdict in good)
        slowest = max((verdict.seconds for verdict in own), default=0)
        counts = f"{len(own):>8}{len(good):>8}{len(good) - free:>8}{free:>10}"
        print(f"{name:<20}{counts}{slowest:>8.1f} s")
    return int(any(verdict.fault for verdict in verdicts))


def _chosen(plan: Plan, wanted: list[str], sample: int) -> list[Model]:
    """Take the models of the providers that are wanted; of each a sample, spread over its list."""
    if unknown := set(wanted) - set(providers()):
        sys.exit(f"No provider {min(unknown)!r}. Known: {', '.join(sorted(providers()))}.")
    found: dict[str, list[Model]] = defaultdict(list)
    for model in plan.models.values():
        if not wanted or model.provider in wanted:
            found[model.provider].append(model)
    return [
        model
        for own in found.values()
        for model in (own[:: max(1, len(own) // sample)][:sample] if sample else own)
    ]


def _kept() -> dict[str, Verdict]:
    lines = KEPT.read_text().splitlines() if KEPT.exists() else []
    found = [Verdict(**json.loads(line)) for line in lines]
    return {verdict.model: verdict for verdict in found}


@contextmanager
def _files() -> Iterator[dict[str, str]]:
    """Serve a picture, a clip and a sound from this machine: medium -> URL."""
    made = {
        "image": ("image/png", a_png()),
        "video": ("video/mp4", a_video()),
        "audio": ("audio/wav", a_wav()),
    }

    class Serve(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content_type, data = made[self.path.strip("/")]
            self.send_response(200)
            self.send_header("content-type", content_type)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Serve)
    Thread(target=server.serve_forever, daemon=True).start()
    yield {medium: f"http://127.0.0.1:{server.server_port}/{medium}" for medium in made}
    server.shutdown()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make sweep", description=__doc__)
    parser.add_argument("--provider", default="", help="only these, by comma")
    parser.add_argument("--sample", type=int, default=0, help="so many of each provider; 0 is all")
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--most", type=int, help="end after so many; the next run goes on from there")
    parser.add_argument("--anew", action="store_true", help="also those that passed before")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
