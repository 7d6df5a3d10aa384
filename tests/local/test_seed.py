"""Every tier has a key, an admin has one, and those of last time stay."""

from itertools import count
from typing import Any

import pytest

from sluice.local.seed import make_keys, usual


class FakeKeys:
    """The keys table, in memory."""

    def __init__(self) -> None:
        self.made: dict[str, dict[str, Any]] = {}
        self._numbers = count()

    def find(self, key: str) -> dict[str, Any] | None:
        """Look a key up."""
        return self.made.get(key)

    def create(self, **item: Any) -> tuple[str, str]:
        """Make a key with a number."""
        key = f"sk-sluice-{next(self._numbers)}"
        self.made[key] = item
        return "key_1", key


def _made(keys: FakeKeys, tiers: list[str], known: dict[str, str]) -> dict[str, str]:
    return make_keys(keys, tiers, known)  # type: ignore[arg-type]


def test_every_tier_and_the_admin_have_a_key() -> None:
    keys = FakeKeys()

    found = _made(keys, ["free", "pro"], {})

    assert {name: (keys.made[key]["tier"], keys.made[key]["scopes"]) for name, key in found.items()} == {
        "free": ("free", ("submit", "read")),
        "pro": ("pro", ("submit", "read")),
        "admin": ("pro", ("submit", "read", "admin")),
    }


def test_keys_of_last_time_stay_unless_the_table_lost_them() -> None:
    keys = FakeKeys()
    first = _made(keys, ["free", "pro"], {})
    del keys.made[first["free"]]

    second = _made(keys, ["free", "pro"], first)

    assert second["pro"] == first["pro"]
    assert second["free"] != first["free"]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [({"free": "f", "pro": "p", "admin": "a"}, "p"), ({"gold": "g", "free": "f", "admin": "a"}, "g")],
)
def test_examples_use_pro_or_else_the_first_tier(keys: dict[str, str], expected: str) -> None:
    assert usual(keys) == expected
