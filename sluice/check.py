"""`make test`: every check in one run, each with its time. All run, so that none hides the next."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sluice.root import PYTHONPATH, ROOT

_BIN = Path(sys.executable).parent
_SDKS = ROOT / ".sluice/sdks"
_CLIENTS = ROOT / ".sluice/clients"
# One after the other beside the tests, which wait for a good part of their time.
_BESIDE = {
    "types": ["mypy"],
    "clients": [
        *(f"{_CLIENTS}/bin/pytest", "-q", "tests/clients"),
        *("-o", "asyncio_default_fixture_loop_scope=function"),
    ],
    "sdks": [f"{_SDKS}/bin/pytest", "-q", "tests/sdks", "--ignore=tests/sdks/older"],
    "older sdks": [
        *(f"{_SDKS}/bin/pytest", "-q", "-o", "pythonpath=.sluice/sdks/older functions ."),
        *("tests/sdks/test_google.py", "tests/sdks/test_vertex.py", "tests/sdks/older"),
    ],
    "format": ["ruff", "format", "--check", "--quiet", "."],
    "lint": ["ruff", "check", "--quiet", "."],
    "imports": ["lint-imports"],
}
# Three files at a time, in the order in which they are collected: what waits beside what computes.
_THREE = ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]
_TESTS = ["pytest", "-q", *_THREE, "-m", "not pace and not soak"]
_PACE = ["pytest", "-q", "-m", "pace and not soak"]


@dataclass(frozen=True, slots=True)
class Result:
    """How a check ended; ``said`` is what has not been shown yet."""

    name: str
    passed: bool
    seconds: float
    said: str = ""


def main() -> int:
    """Run all checks; 1 if one failed."""
    results = list(_all())
    print()
    for each in results:
        print(f"{'ok    ' if each.passed else 'FAILED'} {each.seconds:7.1f} s  {each.name}")
    return int(not all(each.passed for each in results))


def _all() -> Iterator[Result]:
    with ThreadPoolExecutor(1) as pool:
        beside = [pool.submit(_run, name, words, aside=True) for name, words in _BESIDE.items()]
        yield _run("tests", _TESTS)
        for each in beside:
            result = each.result()
            print(f"── {result.name}\n{result.said}", end="", flush=True)
            yield result
    yield _run("pace", _PACE)


def _run(name: str, words: list[str], *, aside: bool = False) -> Result:
    """Run a check; what it says is kept if another one runs beside it."""
    if not aside:
        print(f"── {name}", flush=True)
    environment = os.environ | {"PYTHONPATH": PYTHONPATH}
    begun = time.monotonic()
    done = subprocess.run(
        [_BIN / words[0], *words[1:]],
        cwd=ROOT,
        env=environment,
        check=False,
        stdout=subprocess.PIPE if aside else None,
        stderr=subprocess.STDOUT if aside else None,
        text=True,
        errors="replace",
    )
    return Result(name, done.returncode == 0, time.monotonic() - begun, done.stdout or "")


if __name__ == "__main__":
    sys.exit(main())
