"""OpenAI's own Python client: chats as they come and whole, with tools, forms and pictures; its errors."""

import time
from collections.abc import Iterator

import pytest
from openai import OpenAI

from tests.e2e.conftest import Gateway

MODEL = "meta/llama-3.3-70b-instruct"
HI = [{"role": "user", "content": "Count the waves"}]


@pytest.fixture
def client(gateway: Gateway) -> Iterator[OpenAI]:
    """The two-line migration: base URL and key."""
    with OpenAI(base_url=f"{gateway.stack.base_url}/v1", api_key=gateway.stack.api_key) as client:
        yield client


def test_a_chat_is_answered_with_what_it_costs(client: OpenAI) -> None:
    """
    The answer is OpenAI's; its usage has the cost in dollars besides.
    """
    said = client.chat.completions.create(model=MODEL, messages=HI)

    assert said.choices[0].message.content.startswith("You said: Count the waves")
    assert said.choices[0].finish_reason == "stop"
    assert said.id.startswith("gw_")
    assert said.usage.total_tokens == said.usage.prompt_tokens + said.usage.completion_tokens
    assert said.usage.cost == pytest.approx(said.usage.total_tokens * 0.9e-6, abs=1e-6)


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
