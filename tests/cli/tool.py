"""Runs the tool as people do, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

from sluice.root import PYTHONPATH, ROOT

_KEPT = ("PATH", "HOME", "LANG")


def sluice(
    *words: str, folder: Path = ROOT, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run one command in a folder; nothing of the caller's AWS settings reaches it."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    settings = {"PYTHONPATH": PYTHONPATH, "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull}
    return subprocess.run(
        [sys.executable, "-P", "-m", "sluice", *words],
        cwd=folder,
        env={**kept, **settings, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, **environment},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
