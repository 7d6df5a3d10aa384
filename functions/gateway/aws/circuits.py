"""The targets' circuits in DynamoDB, beside the pools' clocks. Rule: a circuit is advice and never an error.

The arithmetic is ``domain.circuit``'s; an item holds a circuit with its times in milliseconds, and a version
that every write names. A write that loses is made once more from what the winner left, and then let go. A
target that works costs one small read a call.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from gateway.domain import circuit as circuits
from gateway.domain.circuit import EMPTY, Circuit

REMEMBERED_S = 5.0
_BATCH = 100  # keys that one BatchGetItem takes
_TIMES = ("opened_at", "open_until", "probe_until")


@dataclass(frozen=True, slots=True)
class _Seen:
    circuit: Circuit
    version: int
    at: float


class Circuits:
    """Ask and tell circuits; a target is named by ``domain.circuit.target_of``."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._seen: dict[str, _Seen] = {}

    def ask(self, target: str, now: float) -> str:
        """Return the state in which a call finds a target: ``open`` is no; a probe is this caller's alone."""
        for again in (False, True):
            seen = self._read(target, now, again)
            yes, after = circuits.admits(seen.circuit, now)
            if after == seen.circuit:
                return "closed" if yes else "open"
            if self._write(target, seen, after, now):
                return "probing"
        return "open"

    def failed(self, target: str, now: float) -> None:
        """Tell of a failure that ``domain.circuit.counts``."""
        self._change(target, now, lambda circuit: circuits.failed(circuit, now))

    def succeeded(self, target: str, now: float) -> None:
        """Tell of a success; where nothing had failed a moment ago, this costs nothing."""
        seen = self._seen.get(target)
        if seen is None or seen.circuit != EMPTY or not 0 <= now - seen.at <= REMEMBERED_S:
            self._change(target, now, circuits.succeeded)

    def states(self, targets: Iterable[str], now: float) -> dict[str, tuple[str, float | None]]:
        """Return each target's state, and from when a probe may go (none: calls go anyway)."""
        names = tuple(dict.fromkeys(targets))
        found = dict(self._batches(names))
        known = {name: found.get(name, EMPTY) for name in names}
        return {name: (circuits.state(c, now), circuits.next_probe_at(c, now)) for name, c in known.items()}

    def _change(self, target: str, now: float, change: Callable[[Circuit], Circuit]) -> None:
        for again in (False, True):
            seen = self._read(target, now, again)
            after = change(seen.circuit)
            if after == seen.circuit or self._write(target, seen, after, now):
                return

    def _read(self, target: str, now: float, again: bool) -> _Seen:
        """Read a circuit, after a lost write as of the winner's."""
        answer = self._dynamodb.get_item(TableName=self._table, Key=_key(target), ConsistentRead=again)
        item = answer.get("Item")
        version = int(item["version"]["N"]) if item else 0
        seen = self._seen[target] = _Seen(_circuit(item) if item else EMPTY, version, now)
        return seen

    def _write(self, target: str, seen: _Seen, after: Circuit, now: float) -> bool:
        """Write a circuit over the version that it was made from, if that is still the latest."""
        values = {name: {"N": str(round(getattr(after, name) * 1000))} for name in _TIMES}
        values["failures"] = {"N": str(after.failures)}
        values["version"] = {"N": str(seen.version + 1)}
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key=_key(target),
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
                ConditionExpression="attribute_not_exists(#version) OR #version = :before",
                ExpressionAttributeNames={f"#{name}": name for name in values},
                ExpressionAttributeValues={
                    **{f":{name}": value for name, value in values.items()},
                    ":before": {"N": str(seen.version)},
                },
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        self._seen[target] = _Seen(after, seen.version + 1, now)
        return True

    def _batches(self, targets: tuple[str, ...]) -> Iterator[tuple[str, Circuit]]:
        for first in range(0, len(targets), _BATCH):
            keys = [_key(target) for target in targets[first : first + _BATCH]]
            asked: dict[str, Any] = {self._table: {"Keys": keys}}
            while asked:  # ends: every answer brings at least one item, or the client raises
                answer = self._dynamodb.batch_get_item(RequestItems=asked)
                for item in answer["Responses"].get(self._table, ()):
                    yield item["pool"]["S"].removeprefix("circuit#"), _circuit(item)
                asked = answer.get("UnprocessedKeys") or {}


def _key(target: str) -> dict[str, dict[str, str]]:
    return {"pool": {"S": f"circuit#{target}"}}


def _circuit(item: dict[str, Any]) -> Circuit:
    opened_at, open_until, probe_until = (int(item[name]["N"]) / 1000 for name in _TIMES)
    return Circuit(int(item["failures"]["N"]), opened_at, open_until, probe_until)
