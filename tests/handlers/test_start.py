"""What a start of the api function loads."""

import importlib
import sys
from types import ModuleType

import pytest

from gateway.handlers.paths import PATHS
from tests.handlers.test_api import call

PREFIX = "gateway.handlers.paths."
MODULES = sorted(set(PATHS.values()))


def test_a_call_loads_the_module_of_its_path_alone(api: ModuleType) -> None:
    """A health check does not pay for webhooks and batches."""
    before = {name for name in sys.modules if name.startswith(PREFIX)}

    status = call(api, "GET", "/health")[0]

    assert (before, status) == (set(), 200)
    assert {name for name in sys.modules if name.startswith(PREFIX)} == {f"{PREFIX}about"}


@pytest.mark.parametrize("name", MODULES)
def test_the_table_of_paths_names_what_a_module_serves(api: ModuleType, name: str) -> None:
    """A route that the table does not have would be taken for a model's name."""
    served = importlib.import_module(f"{PREFIX}{name}").ROUTES

    assert {pattern for _, pattern in served} == {path for path, module in PATHS.items() if module == name}
