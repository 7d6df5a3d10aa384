"""Packages as a deployment builds them, from a copy of the sources that nobody edits meanwhile."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra.package import build

ROOT = Path(__file__).parents[2]
PLAN = json.dumps(
    {"hash": "sha256:of-a-test", "routes": {}, "models": {}, "providers": {}, "tiers": {}}
).encode()


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What packages are made from."""
    copy = tmp_path_factory.mktemp("root")
    shutil.copytree(ROOT / "functions", copy / "functions")
    shutil.copytree(ROOT / "requirements", copy / "requirements")
    return copy


@pytest.fixture(scope="session")
def local_package(root: Path) -> Path:
    """The package for the emulator on this machine."""
    return build("local", PLAN, b"{}", root, root / "out")


@pytest.fixture(scope="session")
def aws_package(root: Path) -> Path:
    """The package for Lambda."""
    return build("aws", PLAN, b"{}", root, root / "out")


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of what Lambda's own runtime brings: boto3 and what it needs."""
    place = tmp_path_factory.mktemp("runtime")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--require-hashes"]
    locked = ROOT / "requirements" / "runtime.txt"
    subprocess.run([*install, "--target", str(place), "--requirement", str(locked)], check=True)
    return place
