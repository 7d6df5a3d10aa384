"""The tables of jobs, of the calls that made them, and of the books.

A job is one item: its document, and a version that every write names.
The books are immutable entries, one per job, attempt and meter, beside a counter per tenant and month.
Entries, counter and the job's end are one transaction, so that they cannot tell different stories.

An index has the jobs that have not ended, or whose end is untold, by the instant from which the sweeper shall
see to them. An attribute of the job's item puts it there, so that it costs no call of its own.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from gateway.domain.job import CostLine, Job
from gateway.domain.repeat import KEPT_S, Made, Repeat
from gateway.errors import Conflict

KEPT_DAYS = 90
# Why a transaction may be refused because of another writer.
BEATEN = frozenset({"None", "ConditionalCheckFailed", "TransactionConflict"})
OPEN = "open"
# What a round of the sweeper has time for; the next one goes on.
DUE = 500


class Jobs:
    """Read and write jobs; a writer that has not seen the latest version is refused."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def create(self, job: Job) -> None:
        """Store a new job."""
        self._dynamodb.put_item(**self._new(job))

    def get(self, tenant: str, job_id: str) -> Job | None:
        """Read a job as of the latest write."""
        key = {"tenant": {"S": tenant}, "job": {"S": job_id}}
        answer = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        item = answer.get("Item")
        return msgspec.json.decode(item["document"]["S"], type=Job) if item else None

    def save(self, job: Job) -> Job:
        """Write a job over the version that it was made from.

        Raises:
            Conflict: somebody else wrote it since.
        """
        saved = replace(job, version=job.version + 1)
        try:
            self._dynamodb.update_item(**self._update(saved))
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            raise Conflict(job.id) from error
        return saved

    def of(self, tenant: str, jobs: Sequence[str]) -> dict[str, str]:
        """Return the states of some jobs by one call, as of a moment ago; what was left out is absent."""
        keys = [{"tenant": {"S": tenant}, "job": {"S": job}} for job in jobs]
        asked = {
            "Keys": keys,
            "ProjectionExpression": "job, #status",
            "ExpressionAttributeNames": {"#status": "status"},
        }
        answer = self._dynamodb.batch_get_item(RequestItems={self._table: asked})
        return {item["job"]["S"]: item["status"]["S"] for item in answer["Responses"].get(self._table, [])}

    def page(self, tenant: str, count: int, after: str, *, newest_first: bool = True) -> list[Job]:
        """Return a tenant's jobs in the order in which they were made, from behind the one that is named."""
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "tenant = :tenant",
            "ExpressionAttributeValues": {":tenant": {"S": tenant}},
            "ProjectionExpression": "document",
            "ScanIndexForward": not newest_first,
        }
        if after:
            query["KeyConditionExpression"] += f" AND job {'<' if newest_first else '>'} :after"
            query["ExpressionAttributeValues"][":after"] = {"S": after}
        items: list[dict[str, Any]] = []
        while len(items) < count:  # a query ends after a megabyte, too
            answer = self._dynamodb.query(**query, Limit=count - len(items))
            items += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                break
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return [msgspec.json.decode(item["document"]["S"], type=Job) for item in items]

    def due(self, now: float) -> list[tuple[str, str]]:
        """Name jobs that the sweeper shall see to, the oldest first; the index may be a moment behind."""
        items = due_items(self._dynamodb, self._table, now, DUE)
        return [(item["tenant"]["S"], item["job"]["S"]) for item in items]

    def _new(self, job: Job) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Item": {**_key(job), **_attributes(job)},
            "ConditionExpression": "attribute_not_exists(job)",
        }

    def _update(self, saved: Job) -> dict[str, Any]:
        attributes = _attributes(saved)
        leaves = "" if _open(saved) else f" REMOVE #{OPEN}"
        return {
            "TableName": self._table,
            "Key": _key(saved),
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in attributes) + leaves,
            "ConditionExpression": "#version = :before",
            "ExpressionAttributeNames": {f"#{name}": name for name in (*attributes, OPEN)},
            "ExpressionAttributeValues": {
                **{f":{name}": value for name, value in attributes.items()},
                ":before": {"N": str(saved.version - 1)},
            },
        }


class Repeats:
    """Remember for a day which call made which job; hashes only, nothing of what was asked."""

    def __init__(self, dynamodb: Any, jobs_table: str, table: str) -> None:
        self._dynamodb = dynamodb
        self._jobs = Jobs(dynamodb, jobs_table)
        self._table = table

    def find(self, name: str, now: float) -> Made | None:
        """Return what the first call with this key made, while that counts: items are deleted later."""
        key = {"hash": {"S": name}}
        item = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        if item is None or int(item["expires"]["N"]) <= now:
            return None
        return Made(item["digest"]["S"], item["job"]["S"])

    def create(self, job: Job, repeat: Repeat) -> None:
        """Store a new job and the call that made it in one transaction, so that no crash can part them.

        Raises:
            Conflict: another call with this key was quicker.
        """
        call = entry_of(self._table, repeat, job.id, int(job.created_at))
        both_or_neither(self._dynamodb, job.id, call, self._jobs._new(job))

    def note(self, call: Repeat, made: str, now: float) -> None:
        """Store a call and the name of what it makes.

        Raises:
            Conflict: another call with this key was quicker.
        """
        try:
            self._dynamodb.put_item(**entry_of(self._table, call, made, int(now)))
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            raise Conflict(made) from error

    def renew(self, call: Repeat, made: str, now: float) -> None:
        """Store a call and the name of what it makes, in place of an earlier call of that name."""
        put = entry_of(self._table, call, made, int(now))
        self._dynamodb.put_item(TableName=put["TableName"], Item=put["Item"])


def entry_of(table: str, repeat: Repeat, made: str, now: int) -> dict[str, Any]:
    """Return the put of a call that made something, unless the call is known."""
    item = {
        "hash": {"S": repeat.name},
        "digest": {"S": repeat.digest},
        "job": {"S": made},
        "expires": {"N": str(now + KEPT_S)},
    }
    return {
        "TableName": table,
        "Item": item,
        "ConditionExpression": "attribute_not_exists(digest) OR expires <= :now",
        "ExpressionAttributeValues": {":now": {"N": str(now)}},
    }


def due_items(dynamodb: Any, table: str, now: float, most: int) -> list[dict[str, Any]]:
    """Read what the index of a table has for the sweeper by now, the oldest first."""
    answer = dynamodb.query(
        TableName=table,
        IndexName=OPEN,
        KeyConditionExpression="#open = :yes AND sweep_at <= :now",
        ExpressionAttributeNames={"#open": OPEN},
        ExpressionAttributeValues={":yes": {"S": "yes"}, ":now": {"N": str(now)}},
        Limit=most,
    )
    items: list[dict[str, Any]] = answer["Items"]
    return items


def both_or_neither(dynamodb: Any, name: str, *puts: dict[str, Any]) -> None:
    """Write several items in one transaction.

    Raises:
        Conflict: a condition did not hold, or somebody else wrote one of them at once.
    """
    try:
        dynamodb.transact_write_items(TransactItems=[{"Put": put} for put in puts])
    except dynamodb.exceptions.TransactionCanceledException as error:
        if {reason.get("Code", "None") for reason in error.response["CancellationReasons"]} <= BEATEN:
            raise Conflict(name) from error
        raise


class Ledger:
    """Write a job's end together with what it cost."""

    def __init__(self, dynamodb: Any, jobs_table: str, usage_table: str) -> None:
        self._dynamodb = dynamodb
        self._jobs = Jobs(dynamodb, jobs_table)
        self._usage = usage_table

    def settle(self, job: Job, attempt: int, lines: tuple[CostLine, ...], billed: bool, month: str) -> Job:
        """Save the job, one entry a line, and the month's counter, all or nothing.

        Raises:
            Conflict: the job was written since, or is settled already.
        """
        saved = replace(job, version=job.version + 1)
        items = [
            {"Update": self._jobs._update(saved)},
            *({"Put": self._entry(job, attempt, line, billed)} for line in lines),
            {"Update": self._counter(job.tenant, month, sum(line.micros for line in lines), billed)},
        ]
        try:
            self._dynamodb.transact_write_items(TransactItems=items)
        except self._dynamodb.exceptions.TransactionCanceledException as error:
            raise Conflict(job.id) from error
        return saved

    def billed(self, tenant: str, month: str) -> int:
        """Return what a month has cost a tenant so far, in micros."""
        key = {"tenant": {"S": tenant}, "entry": {"S": f"counter#{month}"}}
        item = self._dynamodb.get_item(TableName=self._usage, Key=key).get("Item") or {}
        return int(item.get("billed_micros", {"N": "0"})["N"])

    def _entry(self, job: Job, attempt: int, line: CostLine, billed: bool) -> dict[str, Any]:
        return {
            "TableName": self._usage,
            "Item": {
                "tenant": {"S": job.tenant},
                "entry": {"S": f"ledger#{job.id}#{attempt}#{line.meter}"},
                "at": {"N": str(job.finished_at)},
                "key": {"S": job.key_id},
                "model": {"S": job.model},
                "customer": {"S": job.customer_id or "-"},
                "units": {"N": str(line.units)},
                "list_micros": {"N": str(line.micros)},
                "billed_micros": {"N": str(line.micros if billed else 0)},
                "source": {"S": line.source},
            },
            "ConditionExpression": "attribute_not_exists(entry)",
        }

    def _counter(self, tenant: str, month: str, micros: int, billed: bool) -> dict[str, Any]:
        return {
            "TableName": self._usage,
            "Key": {"tenant": {"S": tenant}, "entry": {"S": f"counter#{month}"}},
            "UpdateExpression": "ADD jobs :one, list_micros :list, billed_micros :billed",
            "ExpressionAttributeValues": {
                ":one": {"N": "1"},
                ":list": {"N": str(micros)},
                ":billed": {"N": str(micros if billed else 0)},
            },
        }


def _key(job: Job) -> dict[str, Any]:
    return {"tenant": {"S": job.tenant}, "job": {"S": job.id}}


def _attributes(job: Job) -> dict[str, Any]:
    kept_days = max(KEPT_DAYS, job.retention_days)
    return {
        "version": {"N": str(job.version)},
        "status": {"S": job.status},
        "model": {"S": job.model},
        "expires": {"N": str(int(job.created_at) + kept_days * 86400)},
        "document": {"S": msgspec.json.encode(job).decode()},
        "sweep_at": {"N": str(job.sweep_at)},
        **({OPEN: {"S": "yes"}} if _open(job) else {}),
    }


def _open(job: Job) -> bool:
    return job.untold or not job.ended
