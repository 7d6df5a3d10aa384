"""OpenAI's own Python client: chats as they come and whole, with tools, forms and pictures; its errors."""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

from sluice.local.deploy import upstream_of
from tests.e2e.conftest import Gateway

MODEL, SMART = "meta/llama-3.3-70b-instruct", "openai/gpt-4.1-mini"
HI: list[Any] = [{"role": "user", "content": "Count the waves"}]
PATIENCE_S = 10


@pytest.fixture
def client(gateway: Gateway) -> Iterator[OpenAI]:
    """The two-line migration: base URL and key."""
    with OpenAI(base_url=f"{gateway.stack.base_url}/v1", api_key=gateway.stack.api_key) as client:
        yield client


def job_of(gateway: Gateway, job_id: str) -> dict[str, Any]:
    """Wait for a job's end."""
    until = time.monotonic() + PATIENCE_S
    while True:
        job: dict[str, Any] = gateway.get(f"/v1/jobs/{job_id}").json()
        if job["status"] not in ("queued", "running"):
            return job
        assert time.monotonic() < until, job
        time.sleep(0.1)


def tool(name: str, **properties: str) -> Any:
    """Make a tool whose arguments have these types."""
    schema = {"type": "object", "properties": {key: {"type": kind} for key, kind in properties.items()}}
    return {"type": "function", "function": {"name": name, "parameters": schema}}


def test_a_chat_is_answered_with_what_it_costs(client: OpenAI) -> None:
    """
    The answer is OpenAI's; its usage has the cost in dollars besides, its headers the key's limits.
    """
    raw = client.chat.completions.with_raw_response.create(model=MODEL, messages=HI)
    said = raw.parse()

    assert said.choices[0].message.content.startswith("You said: Count the waves")
    assert said.choices[0].finish_reason == "stop"
    assert said.id == raw.headers["x-request-id"] == said._request_id
    assert said.usage.total_tokens == said.usage.prompt_tokens + said.usage.completion_tokens
    assert said.usage.cost == pytest.approx(said.usage.total_tokens * 0.9e-6, abs=1e-6)
    assert int(raw.headers["x-ratelimit-remaining-requests"]) < int(raw.headers["x-ratelimit-limit-requests"])


def test_another_model_is_one_string_away(client: OpenAI) -> None:
    """
    Under its public name, or as its provider's.
    """
    for model in ("gpt-oss-120b", "groq/openai/gpt-oss-20b"):
        assert client.chat.completions.create(model=model, messages=HI).model == model


def test_tokens_come_one_by_one(client: OpenAI, gateway: Gateway) -> None:
    """
    The first one is here long before the provider has said the last.
    """
    gateway.break_provider("fireworks", kind="slow", delay_s=0.05)
    began = time.monotonic()

    with client.chat.completions.create(model=MODEL, messages=HI, stream=True) as stream:
        told = [(time.monotonic() - began, chunk) for chunk in stream]

    assert len(told) > 15
    assert told[-1][0] - told[0][0] > 0.5
    assert told[-1][1].usage.cost > 0


def test_tools_are_called_and_answered(client: OpenAI) -> None:
    """
    Two at once; streamed, their arguments come in pieces.
    """
    tools = [tool("get_weather", city="string"), tool("get_population", city="string", year="integer")]
    asked: list[Any] = [{"role": "user", "content": "The weather and the population of 'Oslo' in 1999?"}]

    whole = client.chat.completions.create(model=SMART, messages=asked, tools=tools).choices[0]
    pieces = {0: "", 1: ""}
    for chunk in client.chat.completions.create(model=SMART, messages=asked, tools=tools, stream=True):
        for call in chunk.choices[0].delta.tool_calls or () if chunk.choices else ():
            pieces[call.index] += call.function.arguments or ""
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": "42"} for call in whole.message.tool_calls
    ]
    after = client.chat.completions.create(
        model=SMART, messages=[*asked, whole.message, *results], tools=tools
    )

    assert whole.finish_reason == "tool_calls"
    assert [call.function.name for call in whole.message.tool_calls] == ["get_weather", "get_population"]
    assert [json.loads(text) for text in pieces.values()] == [
        {"city": "Oslo"},
        {"city": "Oslo", "year": 1999},
    ]
    assert after.choices[0].message.content


class Person(BaseModel):
    """What a form asks for."""

    name: str
    age: int


def test_a_form_is_filled_in(client: OpenAI) -> None:
    """
    As the SDK's own helper asks for it.
    """
    asked: list[Any] = [{"role": "user", "content": "'Ada' is 36"}]

    said = client.chat.completions.parse(model=SMART, messages=asked, response_format=Person)

    assert said.choices[0].message.parsed == Person(name="Ada", age=36)


def test_pictures_are_seen_by_those_who_can(client: OpenAI) -> None:
    """
    By URL or inline; a model without eyes is not asked.
    """
    urls = ("https://a.example/a.png", "data:image/png;base64,iVBORw0KGgo=")
    parts = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    asked: list[Any] = [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, *parts]}]

    said = client.chat.completions.create(model=SMART, messages=asked, logprobs=True)
    with pytest.raises(openai.BadRequestError, match="image_url"):
        client.chat.completions.create(model=MODEL, messages=asked)

    assert said.choices[0].message.content.startswith("I see 2 images.")
    assert said.choices[0].logprobs.content[0].token == "I "


def test_mistakes_have_the_classes_of_the_sdk(client: OpenAI) -> None:
    """
    And the name of what is wrong.
    """
    with pytest.raises(openai.NotFoundError) as unknown:
        client.chat.completions.create(model="meta/lama-3.3-70b-instruct", messages=HI)
    with pytest.raises(openai.BadRequestError) as wrong:
        client.chat.completions.create(model=MODEL, messages=[{"role": "king", "content": "hi"}])
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="sk-nobody").chat.completions.create(model=MODEL, messages=HI)
    with pytest.raises(openai.APIStatusError) as large:
        client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "x" * 30_000_000}])

    assert "Did you mean 'meta/llama-3.3-70b-instruct'" in unknown.value.message
    assert (wrong.value.param, wrong.value.code) == ("messages[0].role", "invalid_parameter")
    assert large.value.status_code == 413


def test_a_provider_that_fails_is_not_noticed(client: OpenAI, gateway: Gateway) -> None:
    """
    Before it has said a word the next one answers; after that the stream ends with an error.
    """
    gateway.break_provider("fireworks", kind="status", status=503)
    other = client.chat.completions.create(model=MODEL, messages=HI, stream=True)
    assert {chunk.provider for chunk in other} == {"openrouter"}

    gateway.break_provider("fireworks", kind="truncate")
    told: list[Any] = []
    with pytest.raises(openai.APIError) as broken:
        told.extend(client.chat.completions.create(model=MODEL, messages=HI, stream=True))
    said = "".join(chunk.choices[0].delta.content or "" for chunk in told)
    job = job_of(gateway, told[-1].id)

    assert (said[:9], broken.value.code) == ("You said:", "provider_transient")
    assert (job["status"], job["cost"]["status"]) == ("failed", "estimated")
    assert float(job["cost"]["usd"]) > 0


def test_a_caller_may_want_no_other_provider(client: OpenAI, gateway: Gateway) -> None:
    """
    In OpenRouter's words; the one that failed is named, and nobody else was asked.
    """
    gateway.break_provider("fireworks", kind="status", status=503)
    alone = client.with_options(max_retries=0)

    with pytest.raises(openai.InternalServerError, match="fireworks"):
        alone.chat.completions.create(
            model=MODEL, messages=HI, extra_body={"provider": {"allow_fallbacks": False}}
        )

    assert {entry["provider"] for entry in gateway.requests()} == {"fireworks"}


def test_who_leaves_pays_for_what_came(client: OpenAI, gateway: Gateway) -> None:
    """
    The provider's connection is closed as well, and nothing goes on.
    """
    gateway.break_provider("fireworks", kind="slow", delay_s=0.1)

    with client.chat.completions.create(model=MODEL, messages=HI, stream=True) as stream:
        job_id = [next(stream) for _ in range(3)][-1].id
    job = job_of(gateway, job_id)

    assert (job["status"], job["cost"]["status"]) == ("canceled", "estimated")
    assert job["attempts"][0]["status"] == "canceled"


def test_a_named_call_is_answered_once(client: OpenAI, gateway: Gateway) -> None:
    """
    Sent again, it gets the same answer, and nobody is asked.
    """
    headers = {"Idempotency-Key": "one"}

    first = client.chat.completions.create(model=MODEL, messages=HI, extra_headers=headers)
    again = client.chat.completions.create(model=MODEL, messages=HI, extra_headers=headers)

    assert first.to_dict() == again.to_dict()
    assert len(gateway.starts()) == 1


def test_a_refusal_for_want_of_room_is_tried_again_by_the_sdk(gateway: Gateway) -> None:
    """
    After the time that the answer names; with as many as a key may start in a minute used up.
    """
    keys = gateway.stack.cloud.keys(gateway.stack.outputs["KeysTable"])
    _, key = keys.create(name="free", tenant="free", tier="free", scopes=("submit", "read"))
    waits: list[float] = []

    def note(answer: httpx.Response) -> None:
        if answer.status_code == 429:
            waits.append(float(answer.headers["retry-after"]))

    hooks = {"response": [note]}
    with OpenAI(
        base_url=f"{gateway.stack.base_url}/v1", api_key=key, http_client=httpx.Client(event_hooks=hooks)
    ) as client:
        answers = [client.chat.completions.create(model=MODEL, messages=HI) for _ in range(11)]

    assert len(answers) == 11
    assert len(waits) >= 1


def test_embeddings_are_the_same_as_numbers_and_as_bytes(client: OpenAI) -> None:
    """
    The SDK asks for base64 by itself; tokens are taken in place of texts.
    """
    packed = client.embeddings.create(model="text-embedding-3-small", input=["a fox", "an owl"])
    plain = client.embeddings.create(
        model="text-embedding-3-small", input=["a fox", "an owl"], encoding_format="float"
    )
    tokens = client.embeddings.create(model="text-embedding-3-small", input=[[1, 2], [3]], dimensions=64)

    for one, other in zip(packed.data, plain.data, strict=True):
        assert one.embedding == pytest.approx(other.embedding, abs=1e-6)
    assert [len(each.embedding) for each in tokens.data] == [64, 64]
    assert packed.usage.cost >= 0


async def test_many_coroutines_chat_at_once(gateway: Gateway) -> None:
    """
    Each gets its own answer.
    """
    async with AsyncOpenAI(base_url=f"{gateway.stack.base_url}/v1", api_key=gateway.stack.api_key) as client:
        said = await asyncio.gather(
            *(
                client.chat.completions.create(
                    model=MODEL, messages=[{"role": "user", "content": f"Say {n}"}]
                )
                for n in range(8)
            )
        )

    assert [f"You said: Say {n}" in each.choices[0].message.content for n, each in enumerate(said)] == [
        True
    ] * 8


def test_curl_without_stream_goes_through_the_deployed_api(gateway: Gateway) -> None:
    """
    Not by the edge's own runtime: by the emulator, which holds the function to its permissions.
    """
    api = upstream_of(gateway.stack.endpoint_url, gateway.stack.outputs["ApiUrl"])
    url = f"{api}/v1/chat/completions"
    key = {"authorization": f"Bearer {gateway.stack.api_key}"}
    body = {"model": MODEL, "messages": HI}

    first, again = (gateway.http.post(url, json=body, headers=key | {"idempotency-key": "c"}) for _ in "12")
    streamed = gateway.http.post(url, json=body | {"stream": True}, headers=key)

    assert (first.status_code, again.status_code) == (200, 200), first.text
    assert again.headers["idempotency-replayed"] == "true"
    assert streamed.text.endswith("data: [DONE]\n\n")
