"""Load the function, then serve until the environment is taken down."""

import os
import signal
import sys
from importlib import import_module

from gateway.runtime.api import RuntimeApi
from gateway.runtime.loop import Handler, serve
from gateway.runtime.trouble import told


def main() -> None:
    """Run until SIGTERM, or until the Runtime API is gone."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = _load(os.environ["_HANDLER"])
    except Exception as error:
        api.fail_init(told("the function could not be loaded", error))
        sys.exit(1)
    serve(api, handler)


def _load(name: str) -> Handler:
    module, _, function = name.rpartition(".")
    handler: Handler = getattr(import_module(module.replace("/", ".")), function)
    return handler


if __name__ == "__main__":
    main()
