"""The queue of a full pool: who waits, in fair order, in a table of its own; and the leases of who runs.

Tags and counts live on the pool's pacer items, waiting jobs in a table whose range key is the order.
"""

from typing import Any

from gateway.domain import fair
from gateway.domain.fair import Waiting

# A pump that has not said a word for this long is dead, and another may begin.
PUMP_S = 60
# Sorts after every place.
_LAST = "~"


class Queue:
    """Enter, look, leave; and see to it that one pump at a time serves a pool."""

    def __init__(self, dynamodb: Any, waiting: str, pacers: str) -> None:
        self._dynamodb = dynamodb
        self._waiting = waiting
        self._pacers = pacers

    def enter(self, pool: str, tenant: str, job: str, hop: int, token: str, *, batch: str = "") -> str:
        """Take a place behind the tenant's own jobs and in turn with other tenants'; return it."""
        pool_item = self._get(pool)
        virtual = int(pool_item.get("served", {"N": "0"})["N"])
        flow, step = fair.flow_of(tenant, batch)
        tag = self._tag(f"{pool}|{flow}", virtual, step)
        place = fair.place_of(tag, job)
        texts = {"pool": pool, "place": place, "tenant": tenant, "job": job, "token": token}
        item = {name: {"S": text} for name, text in texts.items()} | {"hop": {"N": str(hop)}}
        self._dynamodb.put_item(TableName=self._waiting, Item=item)
        self._add(pool, 1)
        return place

    def first(self, pool: str, count: int) -> list[Waiting]:
        """Return those whose turn comes first."""
        answer = self._dynamodb.query(**self._of(pool), Limit=count, ConsistentRead=True)
        return [_waiting(item) for item in answer["Items"]]

    def ahead(self, pool: str, place: str) -> int:
        """Count those before a place."""
        query = self._of(pool)
        query["KeyConditionExpression"] += " AND place < :place"
        query["ExpressionAttributeValues"][":place"] = {"S": place}
        return int(self._dynamodb.query(**query, Select="COUNT")["Count"])

    def find(self, pool: str, place: str) -> Waiting | None:
        """Return who waits at a place."""
        query = self._of(pool)
        query["KeyConditionExpression"] += " AND place = :place"
        query["ExpressionAttributeValues"][":place"] = {"S": place}
        found = self._dynamodb.query(**query, ConsistentRead=True)["Items"]
        return _waiting(found[0]) if found else None

    def leave(self, pool: str, place: str, *, served: bool = True) -> None:
        """Go, and move the pool's virtual time on to this place; leaving twice is leaving once.

        Who goes out of turn leaves that time alone: newcomers would be put behind all who still wait.
        """
        key = {"pool": {"S": pool}, "place": {"S": place}}
        gone = self._dynamodb.delete_item(TableName=self._waiting, Key=key, ReturnValues="ALL_OLD")
        if not gone.get("Attributes"):
            return
        self._add(pool, -1)
        if not served:
            return
        values = {":tag": {"N": str(fair.tag_of(place))}}
        self._try(pool, "SET served = :tag", "attribute_not_exists(served) OR served < :tag", values)

    def pools(self) -> list[str]:
        """Name the pools that somebody waits for: one look at each, which passes over all who wait there."""
        found: list[str] = []
        start: dict[str, Any] = {}
        while items := self._dynamodb.scan(TableName=self._waiting, Limit=1, **start)["Items"]:
            found.append(items[0]["pool"]["S"])
            start = {"ExclusiveStartKey": {"pool": items[0]["pool"], "place": {"S": _LAST}}}
        return found

    def begin_pump(self, pool: str, now: float) -> bool:
        """Become the pool's one pump, unless there is one."""
        values = {":now": _ms(now), ":until": _ms(now + PUMP_S)}
        free = "attribute_not_exists(pumping) OR pumping < :now"
        return self._try(pool, "SET pumping = :until", free, values)

    def end_pump(self, pool: str, until: float = 0) -> None:
        """Let the next one begin, at once or not before an instant."""
        self._try(pool, "SET pumping = :until", "attribute_exists(pumping)", {":until": _ms(until)})

    def _tag(self, name: str, virtual: int, step: int) -> int:
        """Count a tenant's tag on: after its last, or after the pool's virtual time."""
        first = fair.tag_after(None, virtual, step)
        values = {":virtual": {"N": str(virtual)}, ":next": {"N": str(first)}}
        behind = "attribute_not_exists(tag) OR tag <= :virtual"
        if self._try(name, "SET tag = :next", behind, values):
            return first
        answer = self._dynamodb.update_item(
            TableName=self._pacers,
            Key={"pool": {"S": name}},
            UpdateExpression="ADD tag :step",
            ExpressionAttributeValues={":step": {"N": str(step)}},
            ReturnValues="UPDATED_NEW",
        )
        return int(answer["Attributes"]["tag"]["N"])

    def _add(self, pool: str, count: int) -> None:
        self._dynamodb.update_item(
            TableName=self._pacers,
            Key={"pool": {"S": pool}},
            UpdateExpression="ADD waiting :count",
            ExpressionAttributeValues={":count": {"N": str(count)}},
        )

    def _try(self, pool: str, update: str, condition: str, values: dict[str, Any]) -> bool:
        """Apply an update if its condition holds; return whether it did."""
        try:
            self._dynamodb.update_item(
                TableName=self._pacers,
                Key={"pool": {"S": pool}},
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _get(self, pool: str) -> dict[str, Any]:
        answer = self._dynamodb.get_item(
            TableName=self._pacers, Key={"pool": {"S": pool}}, ConsistentRead=True
        )
        found: dict[str, Any] = answer.get("Item", {})
        return found

    def _of(self, pool: str) -> dict[str, Any]:
        return {
            "TableName": self._waiting,
            "KeyConditionExpression": "#pool = :pool",
            "ExpressionAttributeNames": {"#pool": "pool"},
            "ExpressionAttributeValues": {":pool": {"S": pool}},
        }


class Leases:
    """How many calls of a pool run at once: a set of holders with an end each, on one item."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def take(self, pool: str, holder: str, most: int, until: float, now: float) -> bool:
        """Take one of the pool's places; places of holders that never came back are free again."""
        return self._take(pool, holder, most, until) or (
            self._sweep(pool, most, now) and self._take(pool, holder, most, until)
        )

    def give_back(self, pool: str, holder: str) -> bool:
        """Give a place back; return whether somebody was waiting for one."""
        try:
            answer = self._dynamodb.update_item(
                **self._item(pool),
                UpdateExpression="REMOVE holders.#holder, wanted",
                ConditionExpression="attribute_exists(holders.#holder)",
                ExpressionAttributeNames={"#holder": holder},
                ReturnValues="ALL_OLD",
            )
        except self._dynamodb.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in ("ConditionalCheckFailedException", "ValidationException"):
                return False
            raise
        return "wanted" in answer["Attributes"]

    def room(self, pool: str, most: int, now: float) -> int:
        """Count the places that are free, or whose holders never came back."""
        return most - sum(int(until["N"]) >= now * 1000 for until in self._held(pool).values())

    def want(self, pool: str) -> None:
        """Ask to be told when a place is given back."""
        self._dynamodb.update_item(
            **self._item(pool),
            UpdateExpression="SET wanted = :yes",
            ExpressionAttributeValues={":yes": {"BOOL": True}},
        )

    def wanted(self, pool: str) -> bool:
        """Tell whether somebody has asked and was not told yet."""
        return "wanted" in self._dynamodb.get_item(**self._item(pool), ConsistentRead=True).get("Item", {})

    def _take(self, pool: str, holder: str, most: int, until: float) -> bool:
        values = {":until": _ms(until), ":most": {"N": str(most)}}
        room = "(size(holders) < :most OR attribute_exists(holders.#holder))"
        try:
            self._dynamodb.update_item(
                **self._item(pool),
                UpdateExpression="SET holders.#holder = :until",
                ConditionExpression=f"attribute_exists(holders) AND {room}",
                ExpressionAttributeNames={"#holder": holder},
                ExpressionAttributeValues=values,
            )
        except self._dynamodb.exceptions.ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ConditionalCheckFailedException" and self._made(pool):
                return self._take(pool, holder, most, until)
            if code in ("ConditionalCheckFailedException", "ValidationException"):
                return False
            raise
        return True

    def _made(self, pool: str) -> bool:
        """Make the pool's item if it is not there; return whether it was not."""
        try:
            self._dynamodb.update_item(
                **self._item(pool),
                UpdateExpression="SET holders = :none",
                ConditionExpression="attribute_not_exists(holders)",
                ExpressionAttributeValues={":none": {"M": {}}},
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _sweep(self, pool: str, most: int, now: float) -> bool:
        """Remove the holders whose time is over; return whether there is a place now."""
        held = self._held(pool)
        over = [holder for holder, until in held.items() if int(until["N"]) < now * 1000]
        wanted = [self.give_back(pool, holder) for holder in over]
        if any(wanted):
            self.want(pool)  # what was swept goes to us; whoever asked still waits for the next place
        return len(held) - len(over) < most

    def _held(self, pool: str) -> dict[str, Any]:
        """Read the holders, each with its end."""
        item = self._dynamodb.get_item(**self._item(pool), ConsistentRead=True).get("Item", {})
        held: dict[str, Any] = item.get("holders", {"M": {}})["M"]
        return held

    def _item(self, pool: str) -> dict[str, Any]:
        return {"TableName": self._table, "Key": {"pool": {"S": f"lease#{pool}"}}}


def _waiting(item: dict[str, Any]) -> Waiting:
    place, tenant, job, token = (item[name]["S"] for name in ("place", "tenant", "job", "token"))
    return Waiting(place, tenant, job, int(item["hop"]["N"]), token)


def _ms(seconds: float) -> dict[str, str]:
    return {"N": str(round(seconds * 1000))}
