"""The tables of registered webhooks and of deliveries, and the executions that carry deliveries out.

A tenant's webhooks and the state of its keys' secrets are one partition, so that whom to tell is one query.
No secret is in it. Deliveries are kept for thirty days after their last try; an index has those of registered
webhooks in the order in which they began.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec

from gateway.domain.receiver import URL, Delivery, Webhook
from gateway.domain.webhook import Secret
from gateway.errors import Conflict

KEPT_S = 30 * 86400
BY_WEBHOOK = "webhook"


class Webhooks:
    """Read and write webhooks; a writer that has not seen the latest version is refused."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def of(self, tenant: str) -> list[Webhook]:
        """Return all of a tenant, the oldest first; also one that was made a moment ago."""
        answer = self._dynamodb.query(
            TableName=self._table,
            KeyConditionExpression="tenant = :tenant AND begins_with(#item, :webhook)",
            ExpressionAttributeNames={"#item": "item"},
            ExpressionAttributeValues={":tenant": {"S": tenant}, ":webhook": {"S": "wh_"}},
            ConsistentRead=True,
        )
        return [_webhook(item) for item in answer["Items"]]

    def get(self, tenant: str, id: str) -> Webhook | None:
        """Read one."""
        item = self._read(tenant, id) if id.startswith("wh_") else None
        return _webhook(item) if item else None

    def create(self, webhook: Webhook) -> None:
        """Store a new one."""
        self._write(webhook, "attribute_not_exists(version)")

    def save(self, webhook: Webhook) -> Webhook:
        """Write over the version that was read.

        Raises:
            Conflict: somebody else wrote it since.
        """
        saved = replace(webhook, version=webhook.version + 1)
        self._write(saved, "version = :before", {":before": {"N": str(webhook.version)}})
        return saved

    def delete(self, tenant: str, id: str) -> None:
        """Forget one; its deliveries stop at their next try."""
        self._dynamodb.delete_item(TableName=self._table, Key=_key(tenant, id))

    def secret_of_key(self, tenant: str, key_id: str) -> Secret:
        """Return how often a key's own secret was rotated."""
        item = self._read(tenant, key_id)
        return msgspec.json.decode(item["document"]["S"], type=Secret) if item else Secret()

    def turn(self, tenant: str, key_id: str, before: Secret, after: Secret) -> Secret:
        """Note a rotation.

        Raises:
            Conflict: somebody else rotated it since.
        """
        generation = {":before": {"N": str(before.generation)}}
        condition = "attribute_not_exists(version)" if before.generation == 1 else "version = :before"
        document = msgspec.json.encode(after).decode()
        item = {
            **_key(tenant, key_id),
            "version": {"N": str(after.generation)},
            "document": {"S": document},
        }
        self._put(item, condition, generation if before.generation > 1 else {})
        return after

    def _write(self, webhook: Webhook, condition: str, values: dict[str, Any] | None = None) -> None:
        item = {
            **_key(webhook.tenant, webhook.id),
            "version": {"N": str(webhook.version)},
            "document": {"S": msgspec.json.encode(webhook).decode()},
        }
        self._put(item, condition, values or {})

    def _put(self, item: dict[str, Any], condition: str, values: dict[str, Any]) -> None:
        given = {"ExpressionAttributeValues": values} if values else {}
        try:
            self._dynamodb.put_item(TableName=self._table, Item=item, ConditionExpression=condition, **given)
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            raise Conflict(item["item"]["S"]) from error

    def _read(self, tenant: str, item: str) -> dict[str, Any] | None:
        answer = self._dynamodb.get_item(TableName=self._table, Key=_key(tenant, item), ConsistentRead=True)
        found: dict[str, Any] | None = answer.get("Item")
        return found


class Deliveries:
    """Read and write deliveries; each has one writer at a time, the execution of its name."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def get(self, tenant: str, id: str) -> Delivery | None:
        """Read one."""
        key = {"tenant": {"S": tenant}, "delivery": {"S": id}}
        item = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return _delivery(item) if item else None

    def create(self, delivery: Delivery) -> None:
        """Store a new one.

        Raises:
            Conflict: there is one of that id.
        """
        try:
            self._put(delivery, ConditionExpression="attribute_not_exists(delivery)")
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            raise Conflict(delivery.id) from error

    def save(self, delivery: Delivery) -> None:
        """Write one, as it is now."""
        self._put(delivery)

    def of_job(self, tenant: str, job_id: str) -> list[Delivery]:
        """Return all of a job, the newest first."""
        answer = self._dynamodb.query(
            TableName=self._table,
            KeyConditionExpression="tenant = :tenant AND begins_with(delivery, :job)",
            ExpressionAttributeValues={":tenant": {"S": tenant}, ":job": {"S": f"{job_id}-"}},
            ConsistentRead=True,
        )
        found = [_delivery(item) for item in answer["Items"]]
        return sorted(found, key=lambda each: each.created_at, reverse=True)

    def of_webhook(self, tenant: str, id: str, limit: int, after: Delivery | None) -> list[Delivery]:
        """Return some of a webhook, the newest first; the index may be a moment behind."""
        start = {"ExclusiveStartKey": {**_place(after), **_where(after)}} if after else {}
        answer = self._dynamodb.query(
            TableName=self._table,
            IndexName=BY_WEBHOOK,
            KeyConditionExpression="webhook = :webhook",
            ExpressionAttributeValues={":webhook": {"S": f"{tenant}/{id}"}},
            ScanIndexForward=False,
            Limit=limit,
            **start,
        )
        return [_delivery(item) for item in answer["Items"]]

    def _put(self, delivery: Delivery, **condition: str) -> None:
        last = delivery.tries[-1].at if delivery.tries else delivery.created_at
        item = {
            **_where(delivery),
            **({} if delivery.webhook == URL else _place(delivery)),
            "document": {"S": msgspec.json.encode(delivery).decode()},
            "expires": {"N": str(int(max(last, delivery.next_at or 0)) + KEPT_S)},
        }
        self._dynamodb.put_item(TableName=self._table, Item=item, **condition)


class Courier:
    """Begin deliveries: one execution each, of its name, so that twice is once."""

    def __init__(self, stepfunctions: Callable[[], Any], machine: str) -> None:
        self._stepfunctions = stepfunctions
        self._machine = machine

    def start(self, tenant: str, job_id: str, webhook: str, delivery: str) -> None:
        """Begin one, unless it has begun."""
        client = self._stepfunctions()
        ids = {"tenant": tenant, "job": job_id, "webhook": webhook, "delivery": delivery}
        given = msgspec.json.encode(ids).decode()
        try:
            client.start_execution(stateMachineArn=self._machine, name=delivery, input=given)
        except client.exceptions.ExecutionAlreadyExists:
            return


def _key(tenant: str, item: str) -> dict[str, Any]:
    return {"tenant": {"S": tenant}, "item": {"S": item}}


def _where(delivery: Delivery) -> dict[str, Any]:
    return {"tenant": {"S": delivery.tenant}, "delivery": {"S": delivery.id}}


def _place(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery's place in the index."""
    return {
        "webhook": {"S": f"{delivery.tenant}/{delivery.webhook}"},
        "created_at": {"N": str(delivery.created_at)},
    }


def _webhook(item: dict[str, Any]) -> Webhook:
    return msgspec.json.decode(item["document"]["S"], type=Webhook)


def _delivery(item: dict[str, Any]) -> Delivery:
    return msgspec.json.decode(item["document"]["S"], type=Delivery)
