"""The bodies of chats and embeddings: what they mean, and where exactly one is wrong."""

from typing import Any

import pytest

from gateway.domain.chat import kept, read_chat, read_embedding
from gateway.domain.wish import Wish
from gateway.errors import InvalidRequest

HI = [{"role": "user", "content": "hi"}]
PICTURE = {"type": "image_url", "image_url": {"url": "https://a.example/a.png"}}
CALLS = [{"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}]


def tool(**function: Any) -> dict[str, Any]:
    """Make a tool."""
    return {"type": "function", "function": {"name": "look", **function}}


def chat(**body: Any) -> Any:
    """Read a chat."""
    return read_chat({"model": "m", "messages": HI, **body})


def test_what_is_ours_is_taken_out_and_the_rest_are_parameters() -> None:
    """
    Null is absent; the user is the customer where none is named.
    """
    asked = chat(temperature=0.5, top_p=None, user="u", store=False, metadata={"a": "b"}, fallback=["n"])

    assert asked.request.parameters == {"messages": HI, "temperature": 0.5}
    assert (asked.request.customer_id, asked.request.fallback) == ("u", ("n",))
    assert (asked.streamed, asked.counted, asked.wish) == (False, False, Wish())


def test_both_names_of_the_most_tokens_are_one() -> None:
    """
    The one for what thinks, and the older one.
    """
    assert chat(max_completion_tokens=5).request.parameters["max_tokens"] == 5
    assert chat(max_tokens=5).request.parameters["max_tokens"] == 5


def test_openrouters_list_is_the_model_and_what_replaces_it() -> None:
    """
    With a model beside it, or without.
    """
    alone = read_chat({"models": ["a", "b"], "messages": HI}).request
    beside = read_chat({"model": "a", "models": ["a", "b"], "messages": HI}).request

    assert (alone.model, alone.fallback) == (beside.model, beside.fallback) == ("a", ("b",))


def test_parts_of_messages_are_counted_by_their_type() -> None:
    """
    So that a target can say how many it takes.
    """
    messages = [{"role": "user", "content": [{"type": "text", "text": "see"}, PICTURE, PICTURE]}]

    assert chat(messages=messages).request.parameters["image_url"] == 2


def test_every_kind_of_message_is_taken() -> None:
    """
    Instructions are a system's for every provider.
    """
    messages = [
        {"role": "developer", "content": "be brief"},
        *HI,
        {"role": "assistant", "content": None, "tool_calls": CALLS},
        {"role": "tool", "tool_call_id": "c", "content": "42"},
    ]

    assert [each["role"] for each in chat(messages=messages).request.parameters["messages"]] == [
        "system", "user", "assistant", "tool"
    ]  # fmt: skip


def test_wishes_are_read() -> None:
    """
    Prices also as text, as OpenRouter's clients send them.
    """
    wish = chat(provider={"order": ["a"], "max_price": {"prompt": "1.5", "completion": 2}}).wish

    assert wish == Wish(order=("a",), most_input_usd=1.5, most_output_usd=2)


def test_wishes_that_ask_for_nothing_are_taken() -> None:
    """
    As clients of OpenRouter's send them with its own defaults, or null.
    """
    usual = {"allow_fallbacks": True, "require_parameters": True, "data_collection": "allow", "zdr": False}

    assert chat(provider={**usual, "order": None, "sort": None, "quantizations": None}).wish == Wish()


def test_only_counts_of_words_are_kept() -> None:
    """
    What steers stays as it is.
    """
    parameters = {"messages": HI, "tools": [tool()], "temperature": 0, "response_format": {"type": "text"}}

    assert kept(parameters) == {"messages": 1, "tools": 1, "temperature": 0, "response_format": 1}


def message(**fields: Any) -> dict[str, Any]:
    """Make a body with one message."""
    return {"messages": [{"role": "user", "content": "hi", **fields}]}


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "no messages": ({"messages": None}, "messages", "must be a list"),
    "an empty list": ({"messages": []}, "messages", "is empty"),
    "a text for messages": ({"messages": "hi"}, "messages", "not a string"),
    "a role that is none": (message(role="king"), "messages[0].role", "not 'king'"),
    "a message that is none": ({"messages": ["hi"]}, "messages[0]", "must be an object"),
    "no content": (message(content=None), "messages[0].content", "is required"),
    "no parts": (message(content=[]), "messages[0].content", "empty list"),
    "an unknown part": (message(content=[{"type": "video"}]), "messages[0].content[0].type", "not 'video'"),
    "a systems picture": (message(role="system", content=[PICTURE]), "messages[0].content[0].type", "text"),
    "a picture that is none": (
        message(content=[{"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}]),
        "messages[0].content[0].image_url.url",
        "https URL",
    ),
    "a picture without its URL": (
        message(content=[{"type": "image_url"}]), "messages[0].content[0].image_url", "is required"
    ),
    "a picture that is a text": (
        message(content=[{"type": "image_url", "image_url": {"url": "data:image/png;base64,aGVsbG8="}}]),
        "messages[0].content[0].image_url.url",
        "is no picture",
    ),
    "a picture that is no base64": (
        message(content=[{"type": "image_url", "image_url": {"url": "data:image/webp;base64,not base64"}}]),
        "messages[0].content[0].image_url.url",
        "is no picture",
    ),
    "a sound without its format": (
        message(content=[{"type": "input_audio", "input_audio": {"data": "UklGRg=="}}]),
        "messages[0].content[0].input_audio.format",
        "wav or mp3, not absent",
    ),
    "a sound that is not there": (
        message(content=[{"type": "input_audio", "input_audio": {"format": "wav"}}]),
        "messages[0].content[0].input_audio.data",
        "is required",
    ),
    "a sound that is a picture": (
        message(content=[{"type": "input_audio", "input_audio": {"format": "wav", "data": "iVBORw0KGgo="}}]),
        "messages[0].content[0].input_audio.data",
        "is no sound",
    ),
    "a result of no call": (message(role="tool"), "messages[0].tool_call_id", "is required"),
    "a user that calls": (message(tool_calls=CALLS), "messages[0].tool_calls", "assistant"),
    "arguments that are no text": (
        message(role="assistant", tool_calls=[{"id": "c", "function": {"name": "n", "arguments": {}}}]),
        "messages[0].tool_calls[0].function.arguments",
        "string of JSON",
    ),
    "no tools": ({"tools": []}, "tools", "1 to 128"),
    "a tool of another kind": ({"tools": [{"type": "search"}]}, "tools[0].type", "'function'"),
    "a tool's name": ({"tools": [tool(name="look up")]}, "tools[0].function.name", "letters, digits"),
    "a schema that is none": ({"tools": [tool(parameters="x")]}, "tools[0].function.parameters", "an object"),
    "a schema of a list": (
        {"tools": [tool(parameters={"type": "array"})]}, "tools[0].function.parameters.type", "'object'"
    ),
    "a property that is no schema": (
        {"tools": [tool(parameters={"type": "object", "properties": {"a": "text"}})]},
        "tools[0].function.parameters.properties.a",
        "JSON Schema",
    ),
    "a choice among nothing": ({"tool_choice": "required"}, "tool_choice", "absent"),
    "a choice of an absent tool": (
        {"tools": [tool()], "tool_choice": {"type": "function", "function": {"name": "no"}}},
        "tool_choice.function.name",
        "'no' is not in 'tools': look",
    ),
    "a format that is none": ({"response_format": {"type": "xml"}}, "response_format.type", "json_schema"),
    "a format without schema": (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a"}}},
        "response_format.json_schema.schema",
        "is required",
    ),
    "a stop that is none": ({"stop": [1]}, "stop", "texts"),
    "options of no stream": ({"stream_options": {"include_usage": True}}, "stream_options", "'stream'"),
    "a stream that is none": ({"stream": "yes"}, "stream", "true or false"),
    "an unknown wish": (
        {"provider": {"quantizations": ["fp8"]}}, "provider.quantizations", "Known: order, only, ignore"
    ),
    "a wish that is no flag": (
        {"provider": {"allow_fallbacks": "no"}}, "provider.allow_fallbacks", "true or false, not a string"
    ),
    "an order that nobody knows": ({"provider": {"sort": "latency"}}, "provider.sort", "'price'"),
    "a promise that nobody can make": ({"provider": {"zdr": True}}, "provider.zdr", "provider.only"),
    "another such": (
        {"provider": {"data_collection": "deny"}}, "provider.data_collection", "terms are not known here"
    ),
    "a policy that is none": ({"provider": {"data_collection": "no"}}, "provider.data_collection", "'deny'"),
    "a price that is none": (
        {"provider": {"max_price": {"prompt": "x"}}}, "provider.max_price.prompt", "number of US dollars"
    ),
    "a part as a parameter": ({"image_url": 1}, "image_url", "not a parameter"),
    "two lists": ({"models": ["a"], "fallback": ["b"]}, "models", "'fallback'"),
    "a webhook": ({"webhook_url": "https://a.example"}, "webhook_url", "a file"),
    "no model": ({"model": None}, "model", "is required"),
    "a user that is none": ({"user": 7}, "user", "must be a string"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_with_its_place(case: str) -> None:
    """
    ``param`` is where, the message what, and never what was said.
    """
    body, param, what = WRONG[case]

    with pytest.raises(InvalidRequest) as wrong:
        chat(**body)

    assert (wrong.value.status, wrong.value.param) == (400, param)
    assert what in str(wrong.value)


@pytest.mark.parametrize("given", ["hi", ["hi", "ho"], [1, 2], [[1], [2, 3]]])
def test_every_kind_of_input_is_embedded(given: Any) -> None:
    """
    A text, texts, tokens, lists of tokens; as numbers, unless base64 is asked for.
    """
    asked = read_embedding({"model": "m", "input": given, "encoding_format": "base64", "dimensions": 2})

    assert asked.request.parameters == {"input": given, "dimensions": 2}
    assert (asked.request.operation, asked.form) == ("embedding", "base64")


@pytest.mark.parametrize("given", [None, "", [], [""], [1, "a"], [[]], [-1], [True], {"a": 1}, ["a"] * 2049])
def test_what_cannot_be_embedded_is_refused(given: Any) -> None:
    """
    Nothing, a mix, or too much of it.
    """
    with pytest.raises(InvalidRequest, match="input: "):
        read_embedding({"model": "m", "input": given})
