"""Bedrock's Converse: AWS's own client, with an API key, against the sandbox."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

MODEL = "global.anthropic.claude-haiku-4-5-20251001-v1:0"
SAID: list[Any] = [{"role": "user", "content": [{"text": "hello"}]}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string", "enum": ["Rome"]}}}
NAMES = ("get_weather", "get_clock")
TOOLS: Any = {"tools": [{"toolSpec": {"name": name, "inputSchema": {"json": SCHEMA}}} for name in NAMES]}


@pytest.fixture(scope="module")
def bedrock(server: str) -> Iterator[Any]:
    """
    Yield AWS's client as it comes, but for its endpoint and its patience.
    """
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_BEARER_TOKEN_BEDROCK", "key")
        environment.setenv("AWS_EC2_METADATA_DISABLED", "true")
        config = Config(retries={"total_max_attempts": 1})
        address = f"{server}/bedrock"
        client = boto3.client(
            "bedrock-runtime",
            region_name="us-east-1",
            endpoint_url=address,
            config=config,
            verify=os.environ["SSL_CERT_FILE"],
        )
        yield client
        client.close()


def test_words_come_at_once_or_one_by_one(bedrock: Any) -> None:
    """
    The same words, and the same counts.
    """
    whole = bedrock.converse(modelId=MODEL, messages=SAID)
    events = list(bedrock.converse_stream(modelId=MODEL, messages=SAID)["stream"])

    deltas = [each["contentBlockDelta"]["delta"] for each in events if "contentBlockDelta" in each]
    text = "".join(delta["text"] for delta in deltas)
    assert whole["output"]["message"]["content"] == [{"text": text}]
    assert events[-2]["messageStop"]["stopReason"] == whole["stopReason"] == "end_turn"
    assert events[-1]["metadata"]["usage"] == whole["usage"]


def test_two_tools_are_called_at_once_and_their_results_taken(bedrock: Any) -> None:
    """
    Those that the question is about.
    """
    asked: list[Any] = [{"role": "user", "content": [{"text": "weather and clock, please"}]}]
    called = bedrock.converse(modelId=MODEL, messages=asked, toolConfig=TOOLS)
    uses = [block["toolUse"] for block in called["output"]["message"]["content"]]
    results = [{"toolResult": {"toolUseId": use["toolUseId"], "content": [{"text": "sun"}]}} for use in uses]

    asked += [called["output"]["message"], {"role": "user", "content": results}]
    answer = bedrock.converse(modelId=MODEL, messages=asked, toolConfig=TOOLS)

    assert [(use["name"], use["input"]) for use in uses] == [
        ("get_weather", {"city": "Rome"}),
        ("get_clock", {"city": "Rome"}),
    ]
    assert (called["stopReason"], answer["stopReason"]) == ("tool_use", "end_turn")


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "status", "status": 403}, "AccessDeniedException"),
        ({"kind": "status", "status": 429}, "ThrottlingException"),
        ({"kind": "status", "status": 503}, "ServiceUnavailableException"),
        ({"kind": "fail_after_accept"}, "InternalServerException"),
    ],
)
def test_an_error_has_awss_name(
    bedrock: Any, break_: Callable[..., None], fault: dict[str, Any], code: str
) -> None:
    """
    It stands in a header.
    """
    break_("bedrock", **fault)

    with pytest.raises(ClientError, match=code) as caught:
        bedrock.converse(modelId=MODEL, messages=SAID)

    assert caught.value.response["Error"]["Code"] == code


def test_a_guardrail_steps_in(bedrock: Any, break_: Callable[..., None]) -> None:
    """
    That is an answer without words.
    """
    break_("bedrock", "moderation")

    answer = bedrock.converse(modelId=MODEL, messages=SAID)

    assert (answer["stopReason"], answer["output"]["message"]["content"]) == ("guardrail_intervened", [])


def test_a_throttle_in_the_middle_of_a_stream_is_an_error(bedrock: Any, break_: Callable[..., None]) -> None:
    """
    After the words that were said before.
    """
    break_("bedrock", "overload")
    stream = iter(bedrock.converse_stream(modelId=MODEL, messages=SAID)["stream"])

    assert next(stream) == {"messageStart": {"role": "assistant"}}
    with pytest.raises(EventStreamError, match="throttlingException"):
        list(stream)


def test_sides_take_turns(bedrock: Any) -> None:
    """
    Two messages of one side are refused, as they are there.
    """
    with pytest.raises(ClientError, match="must alternate"):
        bedrock.converse(modelId=MODEL, messages=SAID * 2)
