"""The pools' clocks in DynamoDB: a slot is at most two conditional updates, and no read-modify-write loop.

The arithmetic is ``domain.pacing``'s; an item holds a pool's arrival time in microseconds,
because a thousand calls a minute are not a whole number of milliseconds apart.
"""

import math
from typing import Any

from gateway.domain import pacing
from gateway.domain.pacing import Full, Pace, Slot

MICROS = 1_000_000


class Pacers:
    """Reserve slots, and push clocks."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def reserve(
        self, pool: str, pace: Pace, now: float, horizon_s: float, *, from_queue: bool = False
    ) -> Slot | Full:
        """Take the pool's next slot, unless it is further away than the horizon.

        Args:
            from_queue: for a job whose turn it is; any other finds the pool full while jobs wait there.
        """
        turn = "" if from_queue else " AND (attribute_not_exists(waiting) OR waiting <= :none)"
        latest = pacing.latest_arrival(now, pace, horizon_s)
        for _ in range(
            2
        ):  # between the two updates an idle pool may have become busy, or the other way round
            idle = f"(attribute_not_exists(arrival) OR arrival <= :now){turn}"
            bounds = {":next": now + pace.interval_s, ":now": now}
            if self._update(pool, "SET arrival = :next", idle, bounds, turn):
                return Slot(now, now + pace.interval_s)
            queued = f"arrival > :now AND arrival <= :latest{turn}"
            bounds = {":interval": pace.interval_s, ":now": now, ":latest": latest}
            if after := self._update(pool, "SET arrival = arrival + :interval", queued, bounds, turn):
                return pacing.slot_before(after, now, pace)
            arrival, waiting = self._backlog(pool)
            if arrival > latest or (waiting and turn):
                break
        behind_s = waiting * pace.interval_s if turn else 0
        return Full(max(0.001, max(arrival, now) - latest + behind_s))

    def push(self, pool: str, pace: Pace, until: float) -> None:
        """Let nothing start from this pool before an instant."""
        values = {":until": until + pace.tolerance_s}
        self._update(
            pool, "SET arrival = :until", "attribute_not_exists(arrival) OR arrival < :until", values
        )

    def _update(
        self, pool: str, update: str, condition: str, seconds: dict[str, float], turn: str = ""
    ) -> float | None:
        """Apply an update if its condition holds; return the arrival time after it, in seconds."""
        values = {name: {"N": str(math.ceil(each * MICROS))} for name, each in seconds.items()}
        try:
            answer = self._dynamodb.update_item(
                TableName=self._table,
                Key={"pool": {"S": pool}},
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues=values | ({":none": {"N": "0"}} if turn else {}),
                ReturnValues="UPDATED_NEW",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return None
        return int(answer["Attributes"]["arrival"]["N"]) / MICROS

    def _backlog(self, pool: str) -> tuple[float, int]:
        """Read a pool's arrival time and how many wait for it."""
        answer = self._dynamodb.get_item(
            TableName=self._table, Key={"pool": {"S": pool}}, ConsistentRead=True
        )
        item = answer.get("Item", {})
        arrival, waiting = (int(item.get(name, {"N": "0"})["N"]) for name in ("arrival", "waiting"))
        return arrival / MICROS, waiting
