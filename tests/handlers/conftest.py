"""The handlers over an AWS in memory and a sandbox's place that nobody answers at."""

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from gateway.aws.keys import Keys
from gateway.plan import dump
from tests.builders import shipped_plan
from tests.cloud import client, small_cloud


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write what the package brings beside its code."""
    root = tmp_path_factory.mktemp("package")
    (root / "plan.json").write_bytes(dump(shipped_plan()))
    (root / "openapi.json").write_text('{"openapi": "3.1.0"}')
    return root


@pytest.fixture(scope="module")
def deployed(package: Path) -> Iterator[dict[str, str]]:
    """Open the cloud, and load the handlers as a function does."""
    with small_cloud() as settings:
        os.environ["LAMBDA_TASK_ROOT"] = str(package)
        os.environ["PUBLIC_URL"] = "https://gw.example.com"
        yield settings
        for name in [name for name in sys.modules if name.startswith("gateway.handlers")]:
            del sys.modules[name]


@pytest.fixture(scope="module")
def api(deployed: dict[str, str]) -> ModuleType:
    """The api function."""
    return importlib.import_module("gateway.handlers.api")


@pytest.fixture(scope="module")
def key(deployed: dict[str, str]) -> str:
    """A key of the pro tier."""
    keys = Keys(client("dynamodb"), "keys")
    return keys.create(name="test", tenant="acme", tier="pro", scopes=("submit", "read"))[1]
