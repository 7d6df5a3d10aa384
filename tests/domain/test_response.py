"""OpenAI's Responses as chats: what a request becomes, and what needs a memory that nobody has."""

from typing import Any

import pytest

from gateway.domain.response import chat_of
from gateway.errors import InvalidRequest

ASKED = {"model": "m"}
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}}


def said(*items: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the messages of a request with these items."""
    messages: list[dict[str, Any]] = chat_of({**ASKED, "input": list(items)})["messages"]
    return messages


def test_a_text_and_instructions_are_two_messages() -> None:
    """
    Limits and formats have their other names there, and our own fields are passed on.
    """
    form = {"type": "json_schema", "name": "w", "schema": WEATHER, "strict": True}
    fields = {
        "max_output_tokens": 9,
        "text": {"format": form},
        "reasoning": {"effort": "low"},
        "temperature": 0,
    }

    chat = chat_of({**ASKED, "input": "hi", "instructions": "be kind", "customer_id": "c", **fields})

    assert chat == {
        "model": "m",
        "customer_id": "c",
        "messages": [{"role": "system", "content": "be kind"}, {"role": "user", "content": "hi"}],
        "max_tokens": 9,
        "temperature": 0,
        "reasoning_effort": "low",
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "w", "schema": WEATHER, "strict": True},
        },
    }


def test_calls_belong_to_the_words_before_them() -> None:
    """
    Two calls of one answer are one message, and each result is one of its own; thoughts are left out.
    """
    messages = said(
        {"role": "user", "content": [{"type": "input_text", "text": "weather?"}]},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "let me see"}]},
        {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}"},
        {
            "type": "function_call",
            "call_id": "c2",
            "name": "time",
            "arguments": "{}",
            "extra_content": {"g": 1},
        },
        {"type": "function_call_output", "call_id": "c1", "output": "sun"},
    )

    assert [message["role"] for message in messages] == ["user", "assistant", "tool"]
    assert [call["id"] for call in messages[1]["tool_calls"]] == ["c1", "c2"]
    assert messages[1]["tool_calls"][1]["extra_content"] == {"g": 1}
    assert messages[2] == {"role": "tool", "tool_call_id": "c1", "content": "sun"}


def test_a_picture_is_a_part_of_a_message() -> None:
    """
    With its detail, if it has one.
    """
    picture = {"type": "input_image", "image_url": "https://x.example/a.png", "detail": "low"}

    messages = said({"role": "user", "content": [picture]})

    url = {"url": "https://x.example/a.png", "detail": "low"}
    assert messages == [{"role": "user", "content": [{"type": "image_url", "image_url": url}]}]


def test_a_function_is_a_tool() -> None:
    """
    It may be chosen by name; of a stream the counts are wanted.
    """
    tool = {"type": "function", "name": "weather", "parameters": WEATHER, "strict": None}
    choice = {"type": "function", "name": "weather"}

    chat = chat_of({**ASKED, "input": "hi", "tools": [tool], "tool_choice": choice, "stream": True})

    function = {"name": "weather", "parameters": WEATHER}
    assert chat["tools"] == [{"type": "function", "function": function}]
    assert chat["tool_choice"] == {"type": "function", "function": {"name": "weather"}}
    assert chat["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"previous_response_id": "r1"}, "previous_response_id"),
        ({"store": True}, "store"),
        ({"background": True}, "background"),
        ({"conversation": "c1"}, "conversation"),
        ({"input": [{"type": "item_reference", "id": "i1"}]}, r"input\[0\]"),
    ],
)
def test_what_needs_a_memory_is_refused(fields: dict[str, Any], param: str) -> None:
    """
    And the way out is said.
    """
    with pytest.raises(InvalidRequest, match=f"^{param}: .* stateless here. Send the whole") as caught:
        chat_of({**ASKED, "input": "hi", **fields})

    assert caught.value.code == "stateless"


def test_not_to_be_stored_is_no_wish() -> None:
    """
    Nor is what OpenAI does with its caches and queues.
    """
    chat = chat_of({**ASKED, "input": "hi", "store": False, "background": False, "prompt_cache_key": "k"})

    assert chat.keys() == {"model", "messages"}


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"input": []}, "input: is empty"),
        ({"input": None}, "input: must be a text or a list of items"),
        ({"input": ["hi"]}, r"input\[0\]: must be an object"),
        (
            {"input": [{"type": "web_search_call"}]},
            r"input\[0\].type: must be one of message, .*'web_search_call'",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "x"}]}]},
            r"input\[0\].content\[0\].type: must be one",
        ),
        ({"tools": [{"type": "web_search"}]}, r"tools\[0\].type: must be 'function', not 'web_search'"),
        ({"tools": {}, "text": 1}, "text: must be an object"),
    ],
)
def test_what_is_no_request_is_said(fields: dict[str, Any], wrong: str) -> None:
    """
    With its place.
    """
    with pytest.raises(InvalidRequest, match=wrong):
        chat_of({**ASKED, "input": "hi", **fields})
