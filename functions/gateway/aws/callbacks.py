"""Providers' calls: a mark on the item under which the workflow's task waits, and the keys that they sign by.

The item is made by whoever comes first: the workflow, which then waits, or the call, which it then finds.
"""

from collections.abc import Callable
from typing import Any

KEYS_S = 3600
KEPT_S = 86_400
PREFIX = "callback#"


class Callbacks:
    """Marks in the table of repeats: a call is one of many that say the same."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._keys: dict[str, tuple[list[bytes], float]] = {}

    def note(self, reference: str, now: float) -> str:
        """Write down that an attempt's provider has called; return the task that waits, if one does.

        The first time stays, and the task is returned again: who died before he woke it is called once more.
        """
        answer = self._dynamodb.update_item(
            TableName=self._table,
            Key={"hash": {"S": f"{PREFIX}{reference}"}},
            UpdateExpression="SET heard = if_not_exists(heard, :now), expires = :until",
            ExpressionAttributeValues={
                ":now": {"N": str(int(now))},
                ":until": {"N": str(int(now) + KEPT_S)},
            },
            ReturnValues="ALL_NEW",
        )
        waiting: str = answer["Attributes"].get("waiting", {"S": ""})["S"]
        return waiting

    def keys(self, name: str, now: float, fetch: Callable[[], list[bytes]]) -> list[bytes]:
        """Return the keys that somebody signs with, fetched anew when they are an hour old."""
        keys, until = self._keys.get(name, ([], 0.0))
        if now >= until:
            keys = fetch()
            self._keys[name] = (keys, now + KEYS_S)
        return keys
