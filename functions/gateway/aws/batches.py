"""The table of batches: a tenant's batches under its name, and a batch's parts under its own.

Both are one item each with a version that every write names. An index has the batches that have not ended, by
the instant from which the sweeper shall see to them.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec

from gateway.aws.jobs import OPEN, both_or_neither, due_items, entry_of
from gateway.domain.batch import Batch, Part
from gateway.domain.identity import made_at
from gateway.domain.repeat import Repeat
from gateway.errors import Conflict

KEPT_DAYS = 90
# What a round of the sweeper has time for; the next one goes on.
DUE = 50


class Batches:
    """Read and write batches and their parts; a writer that has not seen the latest version is refused."""

    def __init__(self, dynamodb: Any, table: str, repeats_table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._repeats = repeats_table

    def create(self, batch: Batch, repeat: Repeat | None) -> None:
        """Store a new batch, together with the call that made it.

        Raises:
            Conflict: another call with this key was quicker.
        """
        new = self._put(batch.tenant, batch.id, batch, 0, _attributes(batch))
        if repeat is None:
            self._dynamodb.put_item(**new)
        else:
            call = entry_of(self._repeats, repeat, batch.id, int(batch.created_at))
            both_or_neither(self._dynamodb, batch.id, call, new)

    def get(self, tenant: str, batch_id: str) -> Batch | None:
        """Read a batch as of the latest write."""
        text = self._get(tenant, batch_id)
        return msgspec.json.decode(text, type=Batch) if text else None

    def save(self, batch: Batch) -> Batch:
        """Write a batch over the version that it was made from.

        Raises:
            Conflict: somebody else wrote it since.
        """
        saved = replace(batch, version=batch.version + 1)
        self._write(self._put(batch.tenant, batch.id, saved, saved.version, _attributes(saved)))
        return saved

    def page(self, tenant: str, count: int, after: str) -> list[Batch]:
        """Return a tenant's batches, the newest first, from behind the one that is named."""
        query = self._of(tenant)
        if after:
            query["KeyConditionExpression"] += " AND #name < :after"
            query["ExpressionAttributeNames"]["#name"] = "name"
            query["ExpressionAttributeValues"][":after"] = {"S": after}
        items = self._dynamodb.query(**query, ScanIndexForward=False, Limit=count)["Items"]
        return [msgspec.json.decode(item["document"]["S"], type=Batch) for item in items]

    def part(self, batch_id: str, number: int) -> Part | None:
        """Read a part as of the latest write."""
        text = self._get(batch_id, _number(number))
        return msgspec.json.decode(text, type=Part) if text else None

    def save_part(self, part: Part) -> Part:
        """Write a part over the version that it was made from.

        Raises:
            Conflict: another worker wrote it since.
        """
        saved = replace(part, version=part.version + 1)
        more = {"expires": {"N": str(_expires(part.batch))}}
        self._write(self._put(part.batch, _number(part.number), saved, part.version and saved.version, more))
        return saved

    def parts(self, batch_id: str) -> Iterator[Part]:
        """Read all parts in their order, a page at a time."""
        query = self._of(batch_id) | {"ConsistentRead": True}
        while True:
            page = self._dynamodb.query(**query)
            yield from (msgspec.json.decode(item["document"]["S"], type=Part) for item in page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def due(self, now: float) -> list[tuple[str, str]]:
        """Name batches that the sweeper shall see to, the oldest first; the index may be a moment behind."""
        items = due_items(self._dynamodb, self._table, now, DUE)
        return [(item["owner"]["S"], item["name"]["S"]) for item in items]

    def _get(self, owner: str, name: str) -> str:
        key = {"owner": {"S": owner}, "name": {"S": name}}
        item = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return str(item["document"]["S"]) if item else ""

    def _put(
        self, owner: str, name: str, value: Batch | Part, version: int, more: dict[str, Any]
    ) -> dict[str, Any]:
        """Return a put over the version before; version 0 is what was not there."""
        asked: dict[str, Any] = {
            "TableName": self._table,
            "Item": {
                "owner": {"S": owner},
                "name": {"S": name},
                "version": {"N": str(value.version)},
                "document": {"S": msgspec.json.encode(value).decode()},
                **more,
            },
        }
        if not version:
            return asked | {"ConditionExpression": "attribute_not_exists(document)"}
        return asked | {
            "ConditionExpression": "version = :before",
            "ExpressionAttributeValues": {":before": {"N": str(version - 1)}},
        }

    def _write(self, put: dict[str, Any]) -> None:
        try:
            self._dynamodb.put_item(**put)
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            raise Conflict(put["Item"]["name"]["S"]) from error

    def _of(self, owner: str) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "KeyConditionExpression": "#owner = :owner",
            "ExpressionAttributeNames": {"#owner": "owner"},
            "ExpressionAttributeValues": {":owner": {"S": owner}},
        }


def _attributes(batch: Batch) -> dict[str, Any]:
    still = {OPEN: {"S": "yes"}, "sweep_at": {"N": str(batch.sweep_at)}}
    return {"expires": {"N": str(_expires(batch.id))}, **({} if batch.ended else still)}


def _expires(batch_id: str) -> int:
    """Return when a batch and its parts are forgotten; the id holds its time."""
    return int(made_at(batch_id) or 0) + KEPT_DAYS * 86400


def _number(number: int) -> str:
    return f"{number:05d}"
