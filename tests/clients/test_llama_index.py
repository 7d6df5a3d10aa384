"""LlamaIndex, by its class for whatever speaks like OpenAI."""

import pytest
from llama_index.core.llms import ChatMessage
from llama_index.embeddings.openai_like import OpenAILikeEmbedding
from llama_index.llms.openai_like import OpenAILike

from tests.e2e.conftest import Gateway


@pytest.fixture
def llm(gateway: Gateway) -> OpenAILike:
    """Make the client."""
    return OpenAILike(
        model="meta/llama-3.3-70b-instruct",
        api_base=f"{gateway.stack.base_url}/v1",
        api_key=gateway.stack.api_key,
        is_chat_model=True,
    )


async def test_it_chats_whole_and_streamed(llm: OpenAILike) -> None:
    """
    Also from a coroutine.
    """
    hi = [ChatMessage(role="user", content="Count the waves")]

    whole = llm.chat(hi).message.content
    *_, last = llm.stream_chat(hi)
    later = await llm.achat(hi)

    assert whole == last.message.content == later.message.content
    assert whole.startswith("You said: Count the waves")


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
