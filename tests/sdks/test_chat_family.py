"""Chats in OpenAI's form: each provider's own SDK, and OpenAI's for those that document it as theirs."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import fireworks
import groq
import openai
import openrouter
import openrouter.errors
import pytest
import together
from mistralai.client import Mistral
from mistralai.client import errors as mistral_errors

from tests.probe import sound_seconds

Break = Callable[..., None]
SAID: list[Any] = [{"role": "user", "content": "hello"}]
ASKED: list[Any] = [{"role": "user", "content": "get_weather, please"}]
CITY = {"type": "object", "properties": {"city": {"type": "string", "enum": ["Rome"]}}, "required": ["city"]}
TOOLS: list[Any] = [{"type": "function", "function": {"name": "get_weather", "parameters": CITY}}]
BASES = {
    "openai": "openai/v1",
    "together": "together/v1",
    "groq": "groq",
    "fireworks": "fireworks",
    "deepseek": "deepseek",
    "moonshot": "moonshot/v1",
    "nvidia": "nvidia/v1",
}
"""Provider to the base URL that its documents give to this SDK, on the sandbox."""
OWN = {
    "together": (together, together.Together),
    "groq": (groq, groq.Groq),
    "fireworks": (fireworks, fireworks.Fireworks),
}
ALL = (*BASES, "mistral", "openrouter")


@pytest.fixture(scope="module")
def clients(server: str) -> Iterator[dict[str, Any]]:
    """
    Yield each provider's client as it comes, but for its base URL; answers are held against its types.
    """
    strict: Any = {"api_key": "key", "max_retries": 0, "_strict_response_validation": True}
    with ExitStack() as stack:
        made = {
            name: stack.enter_context(
                OWN.get(name, (openai, openai.OpenAI))[1](base_url=f"{server}/{base}", **strict)
            )
            for name, base in BASES.items()
        }
        made["mistral"] = stack.enter_context(Mistral(api_key="key", server_url=f"{server}/mistral"))
        router = openrouter.OpenRouter(api_key="key", server_url=f"{server}/openrouter/api/v1")
        made["openrouter"] = stack.enter_context(router)
        yield made


def said(clients: dict[str, Any], name: str, messages: list[Any], **more: Any) -> Any:
    """
    Ask a provider in its SDK's own way.
    """
    client, asked = clients[name], {"model": "some-model", "messages": messages, **more}
    if name == "openrouter":
        return client.chat.send(**asked)
    if name != "mistral":
        return client.chat.completions.create(**asked)
    streamed = asked.pop("stream", False)
    return client.chat.stream(**asked) if streamed else client.chat.complete(**asked)


@pytest.mark.parametrize("name", ALL)
def test_a_stream_says_the_same_as_an_answer(clients: dict[str, Any], name: str) -> None:
    """
    Word by word, up to the reason why it ends; the answer has counts.
    """
    whole = said(clients, name, SAID)
    chunks = [getattr(chunk, "data", chunk) for chunk in said(clients, name, SAID, stream=True)]

    choices = [choice for chunk in chunks for choice in chunk.choices]
    assert "".join(choice.delta.content or "" for choice in choices) == whole.choices[0].message.content
    assert (len(choices) > 10, choices[-1].finish_reason) == (True, "stop")
    assert whole.usage.completion_tokens > 10


@pytest.mark.parametrize("name", ALL)
def test_a_tool_is_called_and_answered(clients: dict[str, Any], name: str) -> None:
    """
    With arguments as its schema wants them; its result is taken.
    """
    (call,) = said(clients, name, ASKED, tools=TOOLS).choices[0].message.tool_calls
    function = {"name": call.function.name, "arguments": call.function.arguments}
    calls = [{"id": call.id, "type": "function", "function": function}]
    result = {"role": "tool", "tool_call_id": call.id, "content": "sun"}

    answer = said(clients, name, [*ASKED, {"role": "assistant", "content": "", "tool_calls": calls}, result])

    assert (function["name"], json.loads(function["arguments"])) == ("get_weather", {"city": "Rome"})
    assert answer.choices[0].finish_reason == "stop"


@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (429, "RateLimitError"),
        (503, "InternalServerError"),
    ],
)
def test_a_refusal_has_the_sdks_class(
    clients: dict[str, Any], break_: Break, name: str, status: int, error: str
) -> None:
    """
    Which has the body's own words.
    """
    break_(name, "status", status=status)
    module = OWN.get(name, (openai, None))[0]

    with pytest.raises(getattr(module, error), match="told to fail this call"):
        said(clients, name, SAID)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, "BadRequestResponseError"),
        (401, "UnauthorizedResponseError"),
        (402, "PaymentRequiredResponseError"),
        (429, "TooManyRequestsResponseError"),
        (503, "ServiceUnavailableResponseError"),
    ],
)
def test_openrouters_code_is_the_http_code(
    clients: dict[str, Any], break_: Break, status: int, error: str
) -> None:
    """
    The SDK takes nothing but a number for it.
    """
    break_("openrouter", "status", status=status)

    with pytest.raises(getattr(openrouter.errors, error), match="told to fail this call") as caught:
        said(clients, "openrouter", SAID, retries=None)

    assert caught.value.data.error.code == status


def test_openrouter_says_why_a_prompt_is_refused_and_that_a_stream_breaks_off(
    clients: dict[str, Any], break_: Break
) -> None:
    """
    Reasons beside a 403; an error in the stream's last chunk.
    """
    break_("openrouter", "moderation")
    with pytest.raises(openrouter.errors.ForbiddenResponseError, match="refused") as caught:
        said(clients, "openrouter", SAID)
    break_("openrouter", "overload")
    *_, last = said(clients, "openrouter", SAID, stream=True)

    assert caught.value.data.error.metadata["reasons"] == ["violence"]
    assert (last.choices[0].finish_reason, last.error.code) == ("error", 503)


def test_mistrals_refusals_are_the_sdks_errors(clients: dict[str, Any], break_: Break) -> None:
    """
    What is wrong with a request is a list; a bad key and a limit have their status.
    """
    with pytest.raises(mistral_errors.HTTPValidationError, match="at least one item") as caught:
        said(clients, "mistral", [])
    assert caught.value.data.detail[0].loc == ["body", "messages"]
    for status in (401, 429):
        break_("mistral", "status", status=status)
        with pytest.raises(mistral_errors.SDKError, match=f"Status {status}") as refused:
            said(clients, "mistral", SAID, retries=None)
        assert refused.value.status_code == status


def test_texts_become_vectors(clients: dict[str, Any]) -> None:
    """
    One for each, the same for the same text.
    """
    ours = clients["mistral"].embeddings.create(model="mistral-embed", inputs=["a", "b", "a"])
    theirs = clients["openrouter"].embeddings.generate(model="qwen/qwen3-embedding-8b", input=["a", "b", "a"])

    for answer in (ours, theirs):
        first, second, third = (each.embedding for each in answer.data)
        assert (len(first), first == third, first == second) == (256, True, False)


def test_groq_hears_what_was_said(clients: dict[str, Any], sound: bytes) -> None:
    """
    With its length and its passages.
    """
    heard = clients["groq"].audio.transcriptions.create(
        model="whisper-large-v3", file=("a.wav", sound), response_format="verbose_json"
    )

    assert (heard.duration, heard.text.startswith(heard.segments[0]["text"].strip())) == (
        sound_seconds(sound),
        True,
    )
