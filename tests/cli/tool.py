"""Runs the tool as people do, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

from sluice.root import PYTHONPATH, ROOT

_SECRET = ("_KEY", "_SECRET", "_TOKEN")


def sluice(
    *words: str, folder: Path = ROOT, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run one command in a folder."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "sluice", *words],
        cwd=folder,
        env={**neutral(), **environment},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def neutral() -> dict[str, str]:
    """Return the environment without any AWS settings or keys of whoever runs the tests."""
    foreign = {name for name in os.environ if name.startswith("AWS_") or name.endswith(_SECRET)}
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    return kept | {
        "PYTHONPATH": PYTHONPATH,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
