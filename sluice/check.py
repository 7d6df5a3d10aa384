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
_TWO = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
# Two at a time: some of them wait for most of their time.
_SHARED = {
    "types": ["mypy"],
    "clients": [
        *(f"{_CLIENTS}/bin/pytest", "-q", "tests/clients"),
        *("-o", "asyncio_default_fixture_loop_scope=function"),
    ],
    "sdks": [f"{_SDKS}/bin/pytest", "-q", "tests/sdks", "--ignore=tests/sdks/older"],
    "older sdks": [
        *(f"{_SDKS}/bin/pytest", "-q", "-o", "pythonpath=.sluice/sdks/older functions ."),
        *("tests/sdks/test_google.py", "tests/sdks/older"),
    ],
    "format": ["ruff", "format", "--check", "--quiet", "."],
    "lint": ["ruff", "check", "--quiet", "."],
    "imports": ["lint-imports"],
}
_ALONE = {
    # Two files at a time, in the order in which they are collected: what waits beside what computes.
    "tests": ["pytest", "-q", *_TWO, "-m", "not pace and not soak"],
    "pace": ["pytest", "-q", "-m", "pace and not soak"],
}


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
    with ThreadPoolExecutor(2) as pool:
        for result in pool.map(lambda name: _run(name, _SHARED[name], aside=True), _SHARED):
            print(f"── {result.name}\n{result.said}", end="", flush=True)
            yield result
    for name, words in _ALONE.items():
        print(f"── {name}", flush=True)
        yield _run(name, words)


def _run(name: str, words: list[str], *, aside: bool = False) -> Result:
    """Run a check; what it says comes at its end if another one runs beside it."""
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
