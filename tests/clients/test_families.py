"""OpenAI's own Python client over providers that speak otherwise: Anthropic, Bedrock, Google."""

import json
from collections.abc import Iterator

import pytest
from openai import APIError, BadRequestError, OpenAI

from tests.e2e.conftest import Gateway

CLAUDE, BEDROCK, GEMINI = "claude-sonnet", "bedrock/global.anthropic.claude-sonnet-5-5", "gemini-flash"
HI = [{"role": "user", "content": "Count the waves"}]
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "enum": ["Rome"]}},
    "required": ["city"],
}
TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": SCHEMA}}
    for name in ("get_weather", "get_clock")
]
every_family = pytest.mark.parametrize("model", [CLAUDE, BEDROCK, GEMINI])


@pytest.fixture
def client(gateway: Gateway) -> Iterator[OpenAI]:
    """The client as it comes, but for base URL, key and patience."""
    with OpenAI(
        base_url=f"{gateway.stack.base_url}/v1", api_key=gateway.stack.api_key, max_retries=0
    ) as client:
        yield client


@every_family
def test_a_chat_is_the_same_whole_and_streamed(client: OpenAI, model: str) -> None:
    """
    Words, counts and cost, whoever says them.
    """
    whole = client.chat.completions.create(model=model, messages=HI)
    stream = client.chat.completions.create(
        model=model, messages=HI, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)

    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    assert text.startswith("You said: Count the waves")
    assert chunks[-1].usage == whole.usage
    assert whole.usage.cost > 0


@every_family
def test_tools_go_there_and_back(client: OpenAI, model: str) -> None:
    """
    Two calls at once, streamed; their results are taken in the next turn.
    """
    asked = [
        {"role": "system", "content": "be kind"},
        {"role": "user", "content": "weather and clock, please"},
    ]

    with client.chat.completions.stream(model=model, messages=asked, tools=TOOLS) as stream:
        message = stream.get_final_completion().choices[0].message
    results = [{"role": "tool", "tool_call_id": call.id, "content": "sun"} for call in message.tool_calls]
    talk = [*asked, message.model_dump(exclude_none=True), *results]
    answer = client.chat.completions.create(model=model, messages=talk, tools=TOOLS)

    assert [json.loads(call.function.arguments) for call in message.tool_calls] == [{"city": "Rome"}] * 2
    assert answer.choices[0].finish_reason == "stop"


@every_family
def test_json_fits_its_schema_and_pictures_are_seen(client: OpenAI, model: str) -> None:
    """
    A picture as a data: URL goes to all.
    """
    form = {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA}}
    dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{dot}"}}
    look = [{"role": "user", "content": [{"type": "text", "text": "look"}, picture]}]

    place = client.chat.completions.create(model=model, messages=HI, response_format=form)
    seen = client.chat.completions.create(model=model, messages=look)

    assert json.loads(place.choices[0].message.content) == {"city": "Rome"}
    assert seen.choices[0].message.content.startswith("I see 1 image.")


def test_an_overloaded_provider_is_replaced_before_its_first_word(client: OpenAI, gateway: Gateway) -> None:
    """
    The same model at another provider answers; the caller sees nothing of it.
    """
    gateway.break_provider("anthropic", kind="status", status=529)

    answer = client.chat.completions.create(model=CLAUDE, messages=HI, stream=True)

    assert {chunk.provider for chunk in answer} == {"bedrock"}


@pytest.mark.parametrize(
    ("provider", "model"), [("anthropic", CLAUDE), ("bedrock", BEDROCK), ("google", GEMINI)]
)
def test_an_overload_in_the_middle_is_a_typed_error(
    client: OpenAI, gateway: Gateway, provider: str, model: str
) -> None:
    """
    After the words that were said; nothing is tried again.
    """
    gateway.break_provider(provider, kind="overload")
    stream = client.chat.completions.create(model=model, messages=HI, stream=True)

    assert next(stream).choices[0].delta.content
    with pytest.raises(APIError) as caught:
        list(stream)

    assert caught.value.code == "provider_capacity"
    assert gateway.starts() == [provider]


def test_a_target_without_words_for_a_wish_is_passed_over(client: OpenAI, gateway: Gateway) -> None:
    """
    Bedrock takes no picture by URL; alone it says so, in a chain another target answers.
    """
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    look = [{"role": "user", "content": [picture]}]

    with pytest.raises(BadRequestError, match="takes pictures as data: URLs only"):
        client.chat.completions.create(model=BEDROCK, messages=look)
    answer = client.chat.completions.create(model=BEDROCK, messages=look, extra_body={"fallback": [CLAUDE]})

    assert answer.provider == "anthropic"
