"""LangChain's own standard suites, over its client for OpenAI with nothing but base URL and key of ours."""

from typing import Any

import pytest
from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from langchain_tests.integration_tests import ChatModelIntegrationTests, EmbeddingsIntegrationTests
from pydantic import SecretStr

from tests.e2e.conftest import Gateway


def access(gateway: Gateway) -> dict[str, Any]:
    """Return what a user changes."""
    return {"base_url": f"{gateway.stack.base_url}/v1", "api_key": SecretStr(gateway.stack.api_key)}


class TestChat(ChatModelIntegrationTests):
    """
    All that the suite has for a model with tools, forms and counts; its pictures are on the internet.
    """

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        """Name the client."""
        return ChatOpenAI

    @property
    def supports_json_mode(self) -> bool:
        """Have it tested."""
        return True

    @pytest.fixture
    def model(self, request: Any, gateway: Gateway) -> BaseChatModel:
        """Make the client."""
        more = {**self.standard_chat_model_params, **(getattr(request, "param", None) or {})}
        return ChatOpenAI(model="openai/gpt-4.1-mini", **access(gateway), **more)


class TestEmbeddings(EmbeddingsIntegrationTests):
    """
    Texts as they are: to count tokens, the client would fetch its vocabulary from the internet.
    """

    @property
    def embeddings_class(self) -> type[Embeddings]:
        """Name the client."""
        return OpenAIEmbeddings

    @pytest.fixture
    def model(self, gateway: Gateway) -> Embeddings:
        """Make the client."""
        return OpenAIEmbeddings(
            model="text-embedding-3-small", check_embedding_ctx_length=False, **access(gateway)
        )
