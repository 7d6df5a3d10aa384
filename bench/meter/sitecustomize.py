"""Put on a function's path, this counts its calls of AWS and their processor time, into a file at ``METER``.

Python imports a module of this name at its start; botocore is changed when the function has loaded it.
"""

import mmap
import os
import struct
import sys
import time
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

CLIENT = "botocore.client"
# Calls, and seconds of processor time.
FORM = struct.Struct("=qd")


class _Metered(Loader):
    """Loads botocore's client, and meters its calls."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        self._loader.exec_module(module)
        call, board = module.BaseClient._make_api_call, _board()

        def metered(*args: Any, **named: Any) -> Any:
            began = time.thread_time()
            try:
                return call(*args, **named)
            finally:
                calls, spent_s = FORM.unpack_from(board)
                FORM.pack_into(board, 0, calls + 1, spent_s + time.thread_time() - began)

        module.BaseClient._make_api_call = metered


def _board() -> mmap.mmap:
    """Make the file that the bench reads; to write to it costs next to nothing."""
    with open(f"{os.environ['METER']}.{os.getpid()}", "w+b") as file:
        file.truncate(FORM.size)
        return mmap.mmap(file.fileno(), FORM.size)


class _Finder(MetaPathFinder):
    """Finds it."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        found = PathFinder.find_spec(name, path) if name == CLIENT else None
        if found:
            found.loader = _Metered(found.loader)
        return found


sys.meta_path.insert(0, _Finder())
