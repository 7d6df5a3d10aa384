"""The guard that keeps tests on this machine."""

import socket

import pytest


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("example.com", 443)])
def test_a_connection_to_elsewhere_is_refused_before_it_is_tried(address: tuple[str, int]) -> None:
    """
    Neither a packet nor a question for a name leaves the machine.
    """
    with pytest.raises(RuntimeError, match=f"^a test wants to reach '{address[0]}'$"):
        socket.create_connection(address, timeout=0.1)


def test_this_machine_can_be_reached() -> None:
    """
    Servers of the tests themselves are on the loopback.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1]), timeout=2).close()
