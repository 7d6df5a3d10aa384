"""A port in use is noticed, and so is who holds it."""

import os
import socket
from contextlib import closing

import pytest

from sluice.local.port import free_port, holder, is_free


def test_a_free_port_is_free() -> None:
    assert is_free(free_port())


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 somebody else's habit
def test_a_port_that_somebody_listens_on_is_not(host: str) -> None:
    with closing(socket.socket()) as listener:
        listener.bind((host, 0))
        listener.listen()
        port = listener.getsockname()[1]

        assert not is_free(port)
        assert holder(port).endswith(f"(pid {os.getpid()})")


def test_nobody_holds_a_free_port() -> None:
    assert holder(free_port()) == ""
