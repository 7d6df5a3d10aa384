"""Packages as a deployment builds them, once a session; their wheels come from the cache in ``.sluice``."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.package import build

ROOT = Path(__file__).parents[2]
OUT = ROOT / ".sluice" / "build"
PLAN = json.dumps(
    {"hash": "sha256:of-a-test", "routes": {}, "models": {}, "providers": {}, "tiers": {}}
).encode()


@pytest.fixture(scope="session")
def local_package() -> Path:
    """The package for the emulator on this machine."""
    return build("local", PLAN, b"{}", ROOT, OUT)


@pytest.fixture(scope="session")
def aws_package() -> Path:
    """The package for Lambda."""
    return build("aws", PLAN, b"{}", ROOT, OUT)


@pytest.fixture(scope="session")
def runtime() -> Path:
    """A directory of what Lambda's own runtime brings: boto3 and what it needs."""
    place = ROOT / ".sluice" / "build" / f"runtime-{sys.implementation.cache_tag}"
    if not place.exists():
        install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", sys.executable]
        constraints = ROOT / "requirements" / "tool.txt"
        subprocess.run(
            [*install, "--target", str(place), "--constraint", str(constraints), "boto3"], check=True
        )
    return place
