"""The clients that people already have, unmodified, against the real stack: only base URL and key are ours.

They live in an environment of their own (requirements/clients.in), so they run in a pytest of their own.
"""

from tests.e2e.conftest import Gateway, gateway, stack

__all__ = ["Gateway", "gateway", "stack"]
