"""No test reaches further than this machine: everything else is a value or a fake."""

import sys
from typing import Any

import pytest
from hypothesis import settings

LOCAL = ("127.", "localhost", "::1", "0.0.0.0")  # noqa: S104 - nothing is bound here, only compared
WATCHED = {"socket.connect": 1, "socket.sendto": 1, "socket.getaddrinfo": 0}


def stay_here(event: str, args: tuple[Any, ...]) -> None:
    """
    Refuse to look up or to connect to anything but the loopback; sockets in the file system are fine.
    """
    if event not in WATCHED:
        return
    where = args[WATCHED[event]]
    host = where[0] if isinstance(where, tuple) else where if event == "socket.getaddrinfo" else ""
    name = host.decode() if isinstance(host, bytes) else host or ""
    if name and not name.startswith(LOCAL) and not name.endswith(".localhost"):
        raise RuntimeError(f"a test wants to reach {name!r}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what needs a stack, because that takes longest."""
    items.sort(key=lambda item: item.get_closest_marker("e2e") is None)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the figures that tests recorded as ``shown``."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties:
            if name == "shown":
                terminalreporter.write_line(str(value))


sys.addaudithook(stay_here)
# The same examples in every run, however slow the machine is.
settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.load_profile("steady")
