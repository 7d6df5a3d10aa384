"""Anthropic's SDK against the sandbox: messages, streams, tools, schemas, and its errors."""

from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import pytest

MODEL = "claude-sonnet-5-5"
SAID: list[Any] = [{"role": "user", "content": "hello"}]
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "enum": ["Rome"]}},
    "required": ["city"],
}
TOOLS: list[Any] = [{"name": name, "input_schema": SCHEMA} for name in ("get_weather", "get_time")]


@pytest.fixture(scope="module")
def ai(server: str) -> Iterator[anthropic.Anthropic]:
    """
    Yield the SDK's client as it comes, but for its base URL and its patience.
    """
    with anthropic.Anthropic(api_key="key", base_url=f"{server}/anthropic", max_retries=0) as client:
        yield client


def test_an_answer_has_words_and_counts(ai: anthropic.Anthropic) -> None:
    """
    The same words for the same question.
    """
    first, second = (ai.messages.create(model=MODEL, max_tokens=100, messages=SAID) for _ in range(2))

    assert first.content[0].text == second.content[0].text
    assert (first.stop_reason, first.usage.output_tokens) == ("end_turn", len(first.content[0].text.split()))
    assert first.usage.input_tokens > 0


def test_a_limit_cuts_an_answer_off(ai: anthropic.Anthropic) -> None:
    """
    And the reason says so.
    """
    answer = ai.messages.create(model=MODEL, max_tokens=3, messages=SAID)

    assert (answer.stop_reason, len(answer.content[0].text.split())) == ("max_tokens", 3)


def test_a_stream_says_the_same(ai: anthropic.Anthropic) -> None:
    """
    Word by word, with the counts at the end.
    """
    whole = ai.messages.create(model=MODEL, max_tokens=100, messages=SAID)

    with ai.messages.stream(model=MODEL, max_tokens=100, messages=SAID) as stream:
        words = list(stream.text_stream)
        last = stream.get_final_message()

    assert len(words) > 10
    assert "".join(words) == whole.content[0].text
    assert (last.stop_reason, last.usage) == (whole.stop_reason, whole.usage)


def test_two_tools_are_called_at_once_and_their_results_taken(ai: anthropic.Anthropic) -> None:
    """
    Those whose names stand in the question; as a stream their arguments come in pieces.
    """
    asked: list[Any] = [{"role": "user", "content": "get_weather and get_time, please"}]
    with ai.messages.stream(model=MODEL, max_tokens=100, messages=asked, tools=TOOLS) as stream:
        calls = stream.get_final_message()
    results = [{"type": "tool_result", "tool_use_id": each.id, "content": "sun"} for each in calls.content]

    asked += [{"role": "assistant", "content": calls.content}, {"role": "user", "content": results}]
    answer = ai.messages.create(
        model=MODEL, max_tokens=100, messages=asked, tool_choice={"type": "none"}, tools=TOOLS
    )

    assert [(each.name, each.input) for each in calls.content] == [
        ("get_weather", {"city": "Rome"}),
        ("get_time", {"city": "Rome"}),
    ]
    assert (calls.stop_reason, answer.stop_reason) == ("tool_use", "end_turn")


def test_a_schema_is_kept_to(ai: anthropic.Anthropic) -> None:
    """
    The answer is the JSON itself.
    """
    form: Any = {"type": "json_schema", "schema": SCHEMA}

    answer = ai.messages.create(model=MODEL, max_tokens=100, messages=SAID, output_config={"format": form})

    assert answer.content[0].text == '{"city": "Rome"}'


def test_a_refusal_is_an_answer_without_words(ai: anthropic.Anthropic, break_: Callable[..., None]) -> None:
    """
    It raises nothing.
    """
    break_("anthropic", "moderation")

    answer = ai.messages.create(model=MODEL, max_tokens=100, messages=SAID)

    assert (answer.stop_reason, answer.content) == ("refusal", [])


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "status", "status": 401}, anthropic.AuthenticationError),
        ({"kind": "status", "status": 429}, anthropic.RateLimitError),
        ({"kind": "status", "status": 529}, anthropic.OverloadedError),
        ({"kind": "fail_after_accept"}, anthropic.InternalServerError),
        ({"kind": "overload"}, anthropic.OverloadedError),
    ],
)
def test_an_error_has_the_sdks_class(
    ai: anthropic.Anthropic, break_: Callable[..., None], fault: dict[str, Any], error: type[Exception]
) -> None:
    """
    By its status and the type in its body.
    """
    break_("anthropic", **fault)

    with pytest.raises(error):
        ai.messages.create(model=MODEL, max_tokens=100, messages=SAID)


def test_an_overload_in_the_middle_of_a_stream_is_an_error(
    ai: anthropic.Anthropic, break_: Callable[..., None]
) -> None:
    """
    After the words that were said before.
    """
    break_("anthropic", "overload")

    with ai.messages.stream(model=MODEL, max_tokens=100, messages=SAID) as stream:
        words = stream.text_stream
        assert next(words)
        with pytest.raises(anthropic.APIStatusError, match="Overloaded"):
            list(words)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"extra_body": {"temperature": 1.0}}, "temperature: Extra inputs are not permitted"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]}, "must be non-empty"),
        ({"messages": []}, "at least one message"),
    ],
)
def test_a_wrong_request_is_a_400(ai: anthropic.Anthropic, fields: dict[str, Any], wrong: str) -> None:
    """
    The older version's settings of chance among them.
    """
    with pytest.raises(anthropic.BadRequestError, match=wrong):
        ai.messages.create(**{"model": MODEL, "max_tokens": 100, "messages": SAID, **fields})


def test_a_bad_key_is_a_401(server: str) -> None:
    """
    The SDK sends it as a bearer.
    """
    with (
        anthropic.Anthropic(api_key="invalid", base_url=f"{server}/anthropic", max_retries=0) as client,
        pytest.raises(anthropic.AuthenticationError),
    ):
        client.messages.create(model=MODEL, max_tokens=100, messages=SAID)
