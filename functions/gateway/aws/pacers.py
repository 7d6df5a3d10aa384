"""The pools' clocks in DynamoDB: a slot is at most two conditional updates, and no read-modify-write loop.

The arithmetic is ``domain.pacing``'s and ``domain.adapt``'s; an item holds a pool's times in microseconds,
because a thousand calls a minute are not a whole number of milliseconds apart.
"""

import math
from typing import Any

from gateway.domain import adapt, pacing
from gateway.domain.adapt import FULL_PACE, Backlog, Slowdown
from gateway.domain.pacing import Full, Pace, Slot

MICROS = 1_000_000


class Pacers:
    """Reserve slots, push clocks, slow pools down."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table
        # As each pool was last seen; every reservation names it, so an old one is found out.
        self._slow: dict[str, Slowdown] = {}

    def reserve(
        self, pool: str, pace: Pace, now: float, horizon_s: float, *, from_queue: bool = False
    ) -> Slot | Full:
        """Take the pool's next slot, unless it is further away than the horizon.

        Args:
            from_queue: for a job whose turn it is; any other finds the pool full while jobs wait there.
        """
        for _ in range(3):  # an idle pool may become busy between two updates, a pool be slowed down
            slow = self._slow.get(pool, FULL_PACE)
            going = adapt.slowed(pace, adapt.share_at(slow, now))
            slot = self._take(pool, going, now, horizon_s, _guard(slow, now, from_queue))
            if slot:
                return slot
            backlog = self.look(pool)
            latest = pacing.latest_arrival(now, going, horizon_s)
            queued = backlog.waiting if not from_queue else 0
            if backlog.slow == slow and (backlog.arrival > latest or queued):
                break
        behind_s = queued * going.interval_s
        return Full(max(0.001, max(backlog.arrival, now) - latest + behind_s))

    def push(self, pool: str, pace: Pace, until: float) -> None:
        """Let nothing start from this pool before an instant."""
        going = adapt.slowed(pace, adapt.share_at(self._slow.get(pool, FULL_PACE), until))
        values = {":until": _micros(until + going.tolerance_s)}
        later = "attribute_not_exists(arrival) OR arrival < :until"
        self._update(pool, "SET arrival = :until", later, values)

    def slow_down(self, pool: str, now: float) -> None:
        """Take a share off the pool's pace; another worker that did so first has done it for us."""
        seen = self.look(pool).slow
        slow = adapt.refused(seen, now)
        if slow == seen:
            return
        values = {":since": _mark(slow), ":until": _micros(slow.until), ":share": _micros(slow.share)}
        update = "SET slow_since = :since, slow_until = :until, slow_share = :share"
        self._update(pool, update, *_as_seen(seen, values))
        self._slow[pool] = slow

    def look(self, pool: str) -> Backlog:
        """Read how a pool stands."""
        answer = self._dynamodb.get_item(
            TableName=self._table, Key={"pool": {"S": pool}}, ConsistentRead=True
        )
        item = {name: int(value["N"]) for name, value in answer.get("Item", {}).items() if "N" in value}
        slow = FULL_PACE
        if "slow_since" in item:
            slow = Slowdown(item["slow_share"] / MICROS, item["slow_since"] / MICROS)
        self._slow[pool] = slow
        return Backlog(item.get("arrival", 0) / MICROS, item.get("waiting", 0), slow)

    def _take(
        self, pool: str, pace: Pace, now: float, horizon_s: float, guard: tuple[str, dict[str, Any]]
    ) -> Slot | None:
        """Take a slot of a pool that is idle, or of one that is busy; nothing if there is none near."""
        condition, values = guard
        next_at = now + pace.interval_s
        idle = f"(attribute_not_exists(arrival) OR arrival <= :now){condition}"
        bounds = values | {":now": _micros(now), ":next": _micros(next_at)}
        if self._update(pool, "SET arrival = :next", idle, bounds):
            return Slot(now, next_at)
        busy = f"arrival > :now AND arrival <= :latest{condition}"
        latest = pacing.latest_arrival(now, pace, horizon_s)
        bounds = values | {
            ":now": _micros(now),
            ":latest": _micros(latest),
            ":interval": _micros(pace.interval_s),
        }
        after = self._update(pool, "SET arrival = arrival + :interval", busy, bounds)
        return pacing.slot_before(after, now, pace) if after else None

    def _update(self, pool: str, update: str, condition: str, values: dict[str, Any]) -> float | None:
        """Apply an update if its condition holds; return the arrival time after it, in seconds."""
        try:
            answer = self._dynamodb.update_item(
                TableName=self._table,
                Key={"pool": {"S": pool}},
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return None
        return int(answer["Attributes"].get("arrival", {"N": "0"})["N"]) / MICROS


def _guard(slow: Slowdown, now: float, from_queue: bool) -> tuple[str, dict[str, Any]]:
    """Return what must hold besides: the pool is as slow as we think, and nobody waits whom we would pass."""
    condition, values = "", {}
    if slow == FULL_PACE:
        condition += " AND (attribute_not_exists(slow_until) OR slow_until <= :now)"
    else:
        condition, values = " AND slow_since = :slow", {":slow": _mark(slow)}
    if not from_queue:
        condition += " AND (attribute_not_exists(waiting) OR waiting <= :none)"
        values[":none"] = {"N": "0"}
    return condition, values


def _as_seen(seen: Slowdown, values: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if seen == FULL_PACE:
        return "attribute_not_exists(slow_since)", values
    return "slow_since = :seen", values | {":seen": _mark(seen)}


def _mark(slow: Slowdown) -> dict[str, str]:
    """Write a slow-down's beginning just as it is stored, to find it unchanged."""
    return {"N": str(round(slow.since * MICROS))}


def _micros(seconds: float) -> dict[str, str]:
    return {"N": str(math.ceil(seconds * MICROS))}
