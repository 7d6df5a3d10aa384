"""Put on an emulator's ``PYTHONPATH``, this makes its SQS deliver every message twice, as SQS itself may do.

And a worker that dies does what it does in AWS:

- It takes no other with it. The emulator ends all workers of a function when one of them fails to start, also
  those that are just starting, which then end the others, and so on.
- It fails the task that called it, also one that waits for a token. The emulator would wait on, for a day.

Python imports a module of this name at its start.
"""

import sys
from collections.abc import Callable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from random import Random
from types import ModuleType
from typing import Any

# The second copy comes a little later, at times much later.
LATER_S = (0, 0, 1, 2, 5, 20)


def deliver_twice(sqs: Any) -> None:
    """Double what the emulator's SQS sends."""
    send, dice = sqs._act_send_message, Random(4)  # noqa: S311

    def twice(data: dict[str, Any], url: str) -> Any:
        sent = send(data, url)
        delay_s = int(data.get("DelaySeconds") or 0) + dice.choice(LATER_S)
        send({**data, "DelaySeconds": min(900, delay_s)}, url)
        return sent

    sqs._act_send_message = sqs._HANDLERS["SendMessage"] = twice


def spare_others(workers: Any) -> None:
    """End the one worker whose call failed, as Lambda does."""
    end_all = workers.invalidate_worker

    def end_one(*args: Any, **named: Any) -> None:
        failed = sys._getframe(1).f_locals.get("worker")  # of the call that failed
        if failed is None:
            return end_all(*args, **named)
        with workers._lock:
            for pool in workers._workers.values():
                if failed in pool:
                    pool.remove(failed)
        workers.kill_workers([failed])

    workers.invalidate_worker = end_one


def fail_with_the_function(states: Any) -> None:
    """End a task that waits for its token when the function that was to take the token fails.

    Source: States.TaskFailed in https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html,
    read 2026-11-25.
    """
    call = states._call_lambda

    def call_and_tell(*args: Any) -> Any:
        try:
            return call(*args)
        except states._ExecutionError as error:
            waits = states._task_tokens.get(sys._getframe(1).f_locals.get("token"))
            if waits is not None:
                waits["error"] = {"Error": error.error, "Cause": error.cause}
                waits["event"].set()
            raise

    states._call_lambda = call_and_tell


CHANGES: dict[str, Callable[[Any], None]] = {
    "ministack.services.sqs": deliver_twice,
    "ministack.core.lambda_runtime": spare_others,
    "ministack.services.stepfunctions": fail_with_the_function,
}


class _Changed(Loader):
    """Loads a module of the emulator, and changes it."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        CHANGES[module.__name__](module)


class _Finder(MetaPathFinder):
    """Finds those modules."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        found = PathFinder.find_spec(name, path) if name in CHANGES else None
        if found:
            found.loader = _Changed(found.loader)
        return found


sys.meta_path.insert(0, _Finder())
