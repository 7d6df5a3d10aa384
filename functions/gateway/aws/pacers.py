"""The pools' clocks in DynamoDB: a slot is at most two conditional updates, and no read-modify-write loop.

The arithmetic is ``domain.pacing``'s; an item holds a pool's arrival time in milliseconds.
"""

from typing import Any

from gateway.domain import pacing
from gateway.domain.pacing import Full, Pace, Slot


class Pacers:
    """Reserve slots, and push clocks."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def reserve(self, pool: str, pace: Pace, now: float, horizon_s: float) -> Slot | Full:
        """Take the pool's next slot, unless it is further away than the horizon."""
        latest = pacing.latest_arrival(now, pace, horizon_s)
        arrival = now
        for _ in range(
            2
        ):  # between the two updates an idle pool may have become busy, or the other way round
            idle = "attribute_not_exists(arrival) OR arrival <= :now"
            if self._update(pool, "SET arrival = :next", idle, {":next": now + pace.interval_s, ":now": now}):
                return Slot(now)
            bounds = {":interval": pace.interval_s, ":now": now, ":latest": latest}
            queued = "arrival > :now AND arrival <= :latest"
            if after := self._update(pool, "SET arrival = arrival + :interval", queued, bounds):
                return pacing.slot_before(after, now, pace)
            arrival = self._arrival(pool)
            if arrival > latest:
                break
        return Full(max(0.001, arrival - latest))

    def push(self, pool: str, pace: Pace, until: float) -> None:
        """Let nothing start from this pool before an instant."""
        values = {":until": until + pace.tolerance_s}
        self._update(
            pool, "SET arrival = :until", "attribute_not_exists(arrival) OR arrival < :until", values
        )

    def _update(self, pool: str, update: str, condition: str, seconds: dict[str, float]) -> float | None:
        """Apply an update if its condition holds; return the arrival time after it, in seconds."""
        try:
            answer = self._dynamodb.update_item(
                TableName=self._table,
                Key={"pool": {"S": pool}},
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues={n: {"N": str(round(s * 1000))} for n, s in seconds.items()},
                ReturnValues="UPDATED_NEW",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return None
        return int(answer["Attributes"]["arrival"]["N"]) / 1000

    def _arrival(self, pool: str) -> float:
        answer = self._dynamodb.get_item(
            TableName=self._table, Key={"pool": {"S": pool}}, ConsistentRead=True
        )
        return int(answer["Item"]["arrival"]["N"]) / 1000
