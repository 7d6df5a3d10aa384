"""OpenAI's own Python client: responses, whole and streamed, with tools and forms; and its errors."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openai import BadRequestError, OpenAI
from pydantic import BaseModel

from tests.e2e.conftest import Gateway

MODEL = "meta/llama-3.3-70b-instruct"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string", "enum": ["Rome"]}}}
TOOLS: list[Any] = [
    {"type": "function", "name": name, "parameters": SCHEMA, "strict": False}
    for name in ("get_weather", "get_clock")
]


@pytest.fixture
def client(gateway: Gateway) -> Iterator[OpenAI]:
    """The client as it comes, but for base URL, key and patience."""
    with OpenAI(
        base_url=f"{gateway.stack.base_url}/v1", api_key=gateway.stack.api_key, max_retries=0
    ) as client:
        yield client


def test_a_response_has_words_counts_and_cost(client: OpenAI) -> None:
    """
    Its id is the job's; what was asked for is repeated.
    """
    response = client.responses.create(
        model=MODEL, input="Count the waves", instructions="be kind", store=False
    )

    assert response.status == "completed"
    assert response.output_text.startswith("You said: Count the waves")
    assert (response.id[:3], response.instructions, response.model) == ("gw_", "be kind", MODEL)
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens
    assert response.usage.cost > 0


def test_a_stream_tells_the_same_in_events(client: OpenAI) -> None:
    """
    The SDK puts them together to the same response.
    """
    whole = client.responses.create(model=MODEL, input="Count the waves")

    with client.responses.stream(model=MODEL, input="Count the waves") as stream:
        kinds = [event.type for event in stream]
        last = stream.get_final_response()

    assert kinds[:3] == ["response.created", "response.in_progress", "response.output_item.added"]
    assert kinds.count("response.output_text.delta") > 10
    assert kinds[-1] == "response.completed"
    assert last.output_text == whole.output_text
    assert last.usage == whole.usage


def test_tools_go_there_and_back(client: OpenAI) -> None:
    """
    Two calls at once, streamed, then their results with all that was said before.
    """
    asked: list[Any] = [{"role": "user", "content": "weather and clock, please"}]

    with client.responses.stream(model=MODEL, input=asked, tools=TOOLS) as stream:
        calls = stream.get_final_response().output
    results = [{"type": "function_call_output", "call_id": call.call_id, "output": "sun"} for call in calls]
    answer = client.responses.create(model=MODEL, input=[*asked, *calls, *results], tools=TOOLS)

    assert [(call.name, json.loads(call.arguments)) for call in calls] == [
        ("get_weather", {"city": "Rome"}),
        ("get_clock", {"city": "Rome"}),
    ]
    assert answer.output[0].type == "message"


def test_an_answer_is_parsed_into_a_model(client: OpenAI) -> None:
    """
    The SDK writes the schema and reads the answer.
    """

    class Place(BaseModel):
        city: str
        people: int

    response = client.responses.parse(model=MODEL, input="Where: Rome, 3", text_format=Place)

    assert isinstance(response.output_parsed, Place)


def test_a_named_call_is_answered_once(client: OpenAI, gateway: Gateway) -> None:
    """
    The same response comes again.
    """
    headers = {"Idempotency-Key": "waves"}

    first, second = (
        client.responses.create(model=MODEL, input="Count", extra_headers=headers) for _ in range(2)
    )

    assert second == first
    assert len(gateway.starts()) == 1


def test_other_families_answer_as_well(client: OpenAI) -> None:
    """
    A model is another string.
    """
    texts = [
        client.responses.create(model=model, input="Count").output_text
        for model in ("claude-sonnet", "gemini-flash")
    ]

    assert all(text.startswith("You said: Count") for text in texts)


def test_a_limit_makes_a_response_incomplete(client: OpenAI) -> None:
    """
    And it says why.
    """
    response = client.responses.create(model=MODEL, input="Count the waves", max_output_tokens=3)

    assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")


def test_a_stream_that_breaks_off_fails_the_response(client: OpenAI, gateway: Gateway) -> None:
    """
    With what was said until then.
    """
    gateway.break_provider("anthropic", kind="overload")

    events = list(client.responses.create(model="claude-sonnet", input="Count the waves", stream=True))

    last = events[-1]
    assert (last.type, last.response.error.code) == ("response.failed", "provider_capacity")
    assert last.response.output_text.startswith("You said")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"previous_response_id": "resp_1"}, "stateless"),
        ({"store": True}, "stateless"),
        ({"tools": [{"type": "web_search"}]}, "invalid_parameter"),
        ({"input": [{"role": "clown", "content": "hi"}]}, "invalid_parameter"),
        ({"extra_body": {"colour": "red"}}, "unknown_parameter"),
    ],
)
def test_what_cannot_be_is_said(client: OpenAI, fields: dict[str, Any], code: str) -> None:
    """
    In OpenAI's form.
    """
    with pytest.raises(BadRequestError) as caught:
        client.responses.create(**{"model": MODEL, "input": "hi", **fields})

    assert caught.value.code == code
