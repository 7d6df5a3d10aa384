"""`make test`: every check in one run, each with its time. All run, so that none hides the next."""

import os
import subprocess
import sys
import time
from pathlib import Path

from sluice.root import PYTHONPATH, ROOT

_BIN = Path(sys.executable).parent
_SDKS = ROOT / ".sluice/sdks"
_CLIENTS = ROOT / ".sluice/clients"
_TWO = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
_STEPS = {
    "format": ["ruff", "format", "--check", "--quiet", "."],
    "lint": ["ruff", "check", "--quiet", "."],
    "types": ["mypy"],
    "imports": ["lint-imports"],
    # Two files at a time, in the order in which they are collected: what waits beside what computes.
    "tests": ["pytest", "-q", *_TWO, "-m", "not pace and not soak"],
    "pace": ["pytest", "-q", "-m", "pace and not soak"],
    "sdks": [f"{_SDKS}/bin/pytest", "-q", "tests/sdks", "--ignore=tests/sdks/older"],
    "older sdks": [
        *(f"{_SDKS}/bin/pytest", "-q", "-o", "pythonpath=.sluice/sdks/older functions ."),
        *("tests/sdks/test_google.py", "tests/sdks/older"),
    ],
    "clients": [
        *(
            f"{_CLIENTS}/bin/pytest",
            "-q",
            "-o",
            "asyncio_default_fixture_loop_scope=function",
            "tests/clients",
        ),
    ],
}


def main() -> int:
    """Run all steps; 1 if one failed."""
    results = [(name, *_run(name, words)) for name, words in _STEPS.items()]
    print()
    for name, passed, seconds in results:
        print(f"{'ok    ' if passed else 'FAILED'} {seconds:7.1f} s  {name}")
    return int(not all(passed for _, passed, _ in results))


def _run(name: str, words: list[str]) -> tuple[bool, float]:
    print(f"── {name}", flush=True)
    environment = os.environ | {"PYTHONPATH": PYTHONPATH}
    begun = time.monotonic()
    code = subprocess.run([_BIN / words[0], *words[1:]], cwd=ROOT, env=environment, check=False).returncode
    return code == 0, time.monotonic() - begun


if __name__ == "__main__":
    sys.exit(main())
