"""LlamaIndex, by its class for whatever speaks like OpenAI."""

from typing import Any

import httpx
import pytest
from llama_index.core.llms import ChatMessage
from llama_index.embeddings.openai_like import OpenAILikeEmbedding
from llama_index.llms.openai_like import OpenAILike
from openai import NotFoundError

from tests.clients.network import Network, busy
from tests.e2e.conftest import Gateway

HI = [ChatMessage(role="user", content="Count the waves")]


def made(gateway: Gateway, **more: Any) -> OpenAILike:
    """Make the client."""
    return OpenAILike(
        **{"model": "meta/llama-3.3-70b-instruct", **more},
        api_base=f"{gateway.stack.base_url}/v1",
        api_key=gateway.stack.api_key,
        is_chat_model=True,
    )


@pytest.fixture
def llm(gateway: Gateway) -> OpenAILike:
    """Make the client as it comes."""
    return made(gateway)


async def test_it_chats_whole_and_streamed(llm: OpenAILike) -> None:
    """
    Also from a coroutine.
    """
    whole = llm.chat(HI).message.content
    *_, last = llm.stream_chat(HI)
    later = await llm.achat(HI)

    assert whole == last.message.content == later.message.content
    assert whole.startswith("You said: Count the waves")


def test_a_refusal_is_tried_again_by_itself(gateway: Gateway) -> None:
    """
    After the pause that the answer names.
    """
    network = Network(busy())

    with httpx.Client(transport=network) as http:
        said = made(gateway, http_client=http).chat(HI)

    assert str(said.message.content).startswith("You said: Count the waves")
    assert network.tries == 2


def test_a_mistake_is_told_at_once(gateway: Gateway) -> None:
    """
    By the error of OpenAI's client, with the nearest name.
    """
    with pytest.raises(NotFoundError, match="Did you mean 'claude-sonnet'"):
        made(gateway, model="claude-sonet").chat(HI)


def test_who_closes_its_connection_ends_the_stream(gateway: Gateway) -> None:
    """
    Its class does not close it for who leaves a loop. The job is over, with what came until then.
    """
    gateway.break_provider("fireworks", kind="slow", delay_s=0.1)
    network = Network()

    with httpx.Client(transport=network) as http:
        next(iter(made(gateway, http_client=http).stream_chat(HI)))
    job = gateway.ended(gateway.get(f"/v1/jobs/{network.jobs[0]}").json())

    assert (job["status"], job["cost"]["status"]) == ("canceled", "estimated")


def test_it_embeds(gateway: Gateway) -> None:
    """
    A query and texts, with equal lengths.
    """
    embed = OpenAILikeEmbedding(
        model_name="text-embedding-3-small",
        api_base=f"{gateway.stack.base_url}/v1",
        api_key=gateway.stack.api_key,
    )

    one, many = embed.get_text_embedding("a fox"), embed.get_text_embedding_batch(["a fox", "an owl"])

    assert one == many[0]
    assert len(many[0]) == len(many[1]) == 256
