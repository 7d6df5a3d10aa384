"""A caller's own key goes to its provider alone, and is found nowhere afterwards."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Gateway

pytestmark = pytest.mark.e2e

OWN = "AIza-callers-own-key-4f1d"
PROMPT = "a very particular violet zeppelin"


def test_an_own_key_reaches_its_pool_alone_and_is_left_nowhere(gateway: Gateway) -> None:
    """Google sees the caller's key, fal ours; no log, table or history has the key, no log the prompt."""
    gateway.break_provider("google", kind="fail_after_accept")

    job = gateway.run("veo-3.1", prompt=PROMPT, fallback=["runway-gen-4"], byok={"google": OWN}, duration=4)

    assert [attempt["provider"] for attempt in job["attempts"]] == ["google", "fal"]
    mine = hashlib.sha256(OWN.encode()).hexdigest()[:12]
    assert {entry["credential"] for entry in gateway.requests("google")} == {mine}
    assert mine not in {entry["credential"] for entry in gateway.requests("fal")}
    for where, text in everything_kept(gateway):
        assert OWN not in text, where
    for where, text in (*logs(gateway), *histories(gateway)):
        assert PROMPT not in text, where


def test_an_own_key_is_recorded_at_list_price_and_billed_to_the_caller(gateway: Gateway) -> None:
    """The cost says who pays."""
    job = gateway.run("veo-3.1", byok={"google": OWN}, duration=4)

    assert (job["cost"]["usd"], job["cost"]["billed_to"]) == ("1.600000", "byok")


def everything_kept(gateway: Gateway) -> Iterator[tuple[str, str]]:
    """Read all that the stack has written anywhere."""
    yield from logs(gateway)
    yield from histories(gateway)
    yield from tables(gateway)


def logs(gateway: Gateway) -> Iterator[tuple[str, str]]:
    """Read the functions' logs and the local programs' log files."""
    client = gateway.stack.cloud.client("logs")
    groups = client.describe_log_groups()["logGroups"]
    assert len(groups) >= 8
    for group in groups:
        name = group["logGroupName"]
        for stream in client.describe_log_streams(logGroupName=name)["logStreams"]:
            events = client.get_log_events(logGroupName=name, logStreamName=stream["logStreamName"])["events"]
            yield name, json.dumps([event["message"] for event in events])
    for path in Path(gateway.stack.state).rglob("*.log"):
        yield path.name, path.read_text(errors="replace")


def histories(gateway: Gateway) -> Iterator[tuple[str, str]]:
    """Read every execution's input and history."""
    client = gateway.stack.cloud.client("stepfunctions")
    executions = client.list_executions(stateMachineArn=gateway.stack.outputs["Workflow"])["executions"]
    assert executions
    for execution in executions:
        arn = execution["executionArn"]
        history = client.get_execution_history(executionArn=arn, maxResults=1000)
        yield arn, json.dumps([client.describe_execution(executionArn=arn), history], default=str)


def tables(gateway: Gateway) -> Iterator[tuple[str, str]]:
    """Read every item of every table."""
    client = gateway.stack.cloud.client("dynamodb")
    for name in client.list_tables()["TableNames"]:
        pages = client.get_paginator("scan").paginate(TableName=name)
        yield name, json.dumps([item for page in pages for item in page["Items"]], default=str)
