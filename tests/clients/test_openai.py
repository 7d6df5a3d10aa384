"""OpenAI's own Python client."""

from openai import OpenAI

from tests.e2e.conftest import Gateway


def test_models_are_listed_as_openai_lists_them(gateway: Gateway) -> None:
    """
    The list call of the SDK finds what routes.yaml offers.
    """
    client = OpenAI(base_url=f"{gateway.stack.base_url}/v1", api_key=gateway.stack.api_key)

    names = [model.id for model in client.models.list()]

    assert "nano-banana-pro" in names
