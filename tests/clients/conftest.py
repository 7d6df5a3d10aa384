"""The clients that people already have, unmodified, against the real stack: only base URL and key are ours.

They live in an environment of their own (requirements/clients.in), so they run in a pytest of their own.
"""

import pytest

from tests.e2e.conftest import Gateway, gateway, stack

__all__ = ["Gateway", "gateway", "stack"]


def pytest_configure(config: pytest.Config) -> None:
    """Let suites that others wrote run as they expect to: coroutines as they are, and nothing recorded."""
    config.option.asyncio_mode = "auto"
    config.option.disable_recording = True
    # What clients leave open, and what they warn of among themselves, is theirs.
    for kind in ("ResourceWarning", "UserWarning", "pytest.PytestUnraisableExceptionWarning"):
        config.addinivalue_line("filterwarnings", f"ignore::{kind}")
