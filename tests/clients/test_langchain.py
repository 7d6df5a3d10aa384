"""LangChain's own standard suites, over its client for OpenAI with nothing but base URL and key of ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from langchain_tests.integration_tests import ChatModelIntegrationTests, EmbeddingsIntegrationTests
from openai import BadRequestError
from pydantic import SecretStr

from sluice.local.stack import Stack
from tests.clients.network import Network, busy
from tests.e2e.conftest import Gateway, calling


@pytest.fixture(scope="module")
def access(stack: Stack) -> dict[str, Any]:
    """What a user changes; the suites break nothing, so the stack is put in order once."""
    with calling(stack):
        return {"base_url": f"{stack.base_url}/v1", "api_key": SecretStr(stack.api_key)}


HI = "Count the waves"


@contextmanager
def behind(network: Network, access: dict[str, Any], **more: Any) -> Iterator[ChatOpenAI]:
    """Make a client whose calls go over a network of ours."""
    with httpx.Client(transport=network) as http:
        yield ChatOpenAI(model="gpt-terra", http_client=http, **access, **more)


def test_a_refusal_is_tried_again_by_itself(access: dict[str, Any]) -> None:
    """
    After the pause that the answer names.
    """
    network = Network(busy())

    with behind(network, access) as chat:
        said = chat.invoke(HI)

    assert str(said.content).startswith(f"You said: {HI}")
    assert network.tries == 2


def test_a_mistake_is_an_error_of_openais_client(access: dict[str, Any]) -> None:
    """
    That names what is wrong, and is not sent again.
    """
    network = Network()

    with (
        behind(network, access, extra_body={"temprature": 1}) as chat,
        pytest.raises(BadRequestError) as mistake,
    ):
        chat.invoke(HI)

    assert (mistake.value.param, network.tries) == ("temprature", 1)


def test_who_leaves_a_stream_ends_it(access: dict[str, Any], gateway: Gateway) -> None:
    """
    The job is over, with what came until then.
    """
    gateway.break_provider("openai", kind="slow", delay_s=0.1)
    network = Network()

    with behind(network, access) as chat:
        stream: Any = chat.stream(HI)
        next(stream)
        stream.close()
    job = gateway.ended(gateway.get(f"/v1/jobs/{network.jobs[0]}").json())
    gateway.mend_provider("openai")  # the suites below put nothing in order

    assert (job["status"], job["cost"]["status"]) == ("canceled", "estimated")


class TestChat(ChatModelIntegrationTests):
    """
    All that the suite has for a model with tools, forms and counts; its pictures are on the internet.
    """

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        """Name the client."""
        return ChatOpenAI

    @property
    def chat_model_params(self) -> dict[str, Any]:
        """Return what the suite makes further clients by, once there is a stack."""
        return {"model": "openai/gpt-4.1-mini", **getattr(self, "access", {})}

    @property
    def supports_json_mode(self) -> bool:
        """Have it tested."""
        return True

    @pytest.fixture
    def model(self, request: Any, access: dict[str, Any]) -> BaseChatModel:
        """Make the client."""
        self.access = access
        more = getattr(request, "param", None) or {}
        return ChatOpenAI(**self.standard_chat_model_params, **self.chat_model_params, **more)


class TestEmbeddings(EmbeddingsIntegrationTests):
    """
    Texts as they are: to count tokens, the client would fetch its vocabulary from the internet.
    """

    @property
    def embeddings_class(self) -> type[Embeddings]:
        """Name the client."""
        return OpenAIEmbeddings

    @pytest.fixture
    def model(self, access: dict[str, Any]) -> Embeddings:
        """Make the client."""
        return OpenAIEmbeddings(model="text-embedding-3-small", check_embedding_ctx_length=False, **access)
