"""Put on an emulator's ``PYTHONPATH``, this makes its SQS deliver every message twice, as SQS itself may do.

Python imports a module of this name at its start. The second copy comes a little later, at times much later.
"""

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from random import Random
from types import ModuleType
from typing import Any

SQS = "ministack.services.sqs"
LATER_S = (0, 0, 1, 2, 5, 20)


class _Twice(Loader):
    """Loads the emulator's SQS, and doubles what it sends."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        send, dice = module._act_send_message, Random(4)  # type: ignore[attr-defined]  # noqa: S311

        def twice(data: dict[str, Any], url: str) -> Any:
            sent = send(data, url)
            delay_s = int(data.get("DelaySeconds") or 0) + dice.choice(LATER_S)
            send({**data, "DelaySeconds": min(900, delay_s)}, url)
            return sent

        module._act_send_message = twice  # type: ignore[attr-defined]
        module._HANDLERS["SendMessage"] = twice  # type: ignore[attr-defined]


class _Finder(MetaPathFinder):
    """Finds that one module."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        found = PathFinder.find_spec(name, path) if name == SQS else None
        if found:
            found.loader = _Twice(found.loader)
        return found


sys.meta_path.insert(0, _Finder())
