"""A small AWS in memory (moto), with the tables, bucket, secrets and machine that a deployment has."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from moto import mock_aws

SETTINGS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "JOBS_TABLE": "jobs",
    "KEYS_TABLE": "keys",
    "USAGE_TABLE": "usage",
    "PACERS_TABLE": "pacers",
    "WAITING_TABLE": "waiting",
    "REPEATS_TABLE": "repeats",
    "WEBHOOKS_TABLE": "webhooks",
    "DELIVERIES_TABLE": "deliveries",
    "DESTINATIONS_TABLE": "destinations",
    "ACCOUNT": "123456789012",
    "BATCHES_TABLE": "batches",
    "BUCKET": "artifacts",
    "LINK_SECRET": "link",
    "POWERTOOLS_SERVICE_NAME": "sluice",
}
OPEN = {
    "IndexName": "open",
    "KeySchema": [
        {"AttributeName": "open", "KeyType": "HASH"},
        {"AttributeName": "sweep_at", "KeyType": "RANGE"},
    ],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}
BY_WEBHOOK = {
    "IndexName": "webhook",
    "KeySchema": [
        {"AttributeName": "webhook", "KeyType": "HASH"},
        {"AttributeName": "created_at", "KeyType": "RANGE"},
    ],
    "Projection": {"ProjectionType": "ALL"},
}
TABLES = {
    "jobs": ("tenant", "job"),
    "keys": ("hash",),
    "usage": ("tenant", "entry"),
    "pacers": ("pool",),
    "waiting": ("pool", "place"),
    "repeats": ("hash",),
    "webhooks": ("tenant", "item"),
    "deliveries": ("tenant", "delivery"),
    "destinations": ("tenant", "name"),
    "batches": ("owner", "name"),
}


@contextmanager
def small_cloud() -> Iterator[dict[str, str]]:
    """Open the cloud and set the environment as a function would find it; yields the settings."""
    before = dict(os.environ)
    os.environ.update(SETTINGS)
    try:
        with mock_aws():
            yield _furnish()
    finally:
        os.environ.clear()
        os.environ.update(before)


@cache
def client(service: str) -> Any:
    """Make a client once for all clouds: to make one takes longer than what it is asked."""
    return boto3.client(service)


def _furnish() -> dict[str, str]:
    dynamodb = client("dynamodb")
    for name, keys in TABLES.items():
        dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            KeySchema=[
                {"AttributeName": key, "KeyType": kind}
                for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
            ],
        )
    for table, index in (("jobs", OPEN), ("batches", OPEN), ("deliveries", BY_WEBHOOK)):
        (partition, sort) = (key["AttributeName"] for key in index["KeySchema"])
        dynamodb.update_table(
            TableName=table,
            AttributeDefinitions=[
                {"AttributeName": partition, "AttributeType": "S"},
                {"AttributeName": sort, "AttributeType": "N"},
            ],
            GlobalSecondaryIndexUpdates=[{"Create": index}],
        )
    client("s3").create_bucket(Bucket="artifacts")
    secrets = client("secretsmanager")
    secrets.create_secret(Name="link", SecretString="a link secret")
    secrets.create_secret(Name="sluice/providers/google", SecretString="AIza-ours")
    byok = client("kms").create_key()["KeyMetadata"]["KeyId"]
    machine, courier, batches = (
        client("stepfunctions").create_state_machine(
            name=name,
            definition=json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}),
            roleArn="arn:aws:iam::123456789012:role/machine",
        )["stateMachineArn"]
        for name in ("jobs", "webhooks", "batches")
    )
    bells, dead = (
        client("sqs").create_queue(QueueName=name)["QueueUrl"] for name in ("bells", "dead-starts")
    )
    made = {
        "BATCHES": batches,
        "BYOK_KEY": byok,
        "WORKFLOW": machine,
        "COURIER": courier,
        "BELLS": bells,
        "DEAD_STARTS": dead,
    }
    os.environ.update(made)
    return SETTINGS | made
