"""Put on a function's path, this counts its calls of AWS and their processor time, into the file of ``METER``.

Python imports a module of this name at its start; botocore is changed when the function has loaded it.
"""

import json
import os
import sys
import time
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

CLIENT = "botocore.client"


class _Metered(Loader):
    """Loads botocore's client, and meters its calls."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        self._loader.exec_module(module)
        call, spent = module.BaseClient._make_api_call, {"calls": 0, "cpu_ms": 0.0}

        def metered(*args: Any, **named: Any) -> Any:
            began = time.thread_time()
            try:
                return call(*args, **named)
            finally:
                spent["calls"] += 1
                spent["cpu_ms"] += (time.thread_time() - began) * 1000
                with open(f"{os.environ['METER']}.{os.getpid()}", "w") as file:
                    json.dump(spent, file)

        module.BaseClient._make_api_call = metered


class _Finder(MetaPathFinder):
    """Finds it."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        found = PathFinder.find_spec(name, path) if name == CLIENT else None
        if found:
            found.loader = _Metered(found.loader)
        return found


sys.meta_path.insert(0, _Finder())
