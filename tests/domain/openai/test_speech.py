"""OpenAI's speech in our words."""

from typing import Any

import pytest

from gateway.domain.openai import speech
from gateway.errors import InvalidRequest


def test_a_call_is_read_in_our_words() -> None:
    """A voice may come as an object with its id."""
    given = {
        "model": "m",
        "input": "hello",
        "voice": {"id": "v1"},
        "response_format": "wav",
        "stream_format": "audio",
    }

    assert speech.read(given) == {"model": "m", "prompt": "hello", "voice": "v1", "format": "wav"}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"voice": "nova"}, "input: is required"),
        ({"input": "x", "stream_format": "sse"}, "stream_format: must be one of 'audio', not 'sse'"),
        ({"input": "x", "voice": {"name": "nova"}}, "voice: must be a name"),
        ({"input": "x", "prompt": "y"}, "prompt: says what 'prompt' says as well"),
    ],
)
def test_what_cannot_be_spoken_is_refused(given: dict[str, Any], problem: str) -> None:
    """With the field's own name."""
    with pytest.raises(InvalidRequest, match=f"^{problem}"):
        speech.read({"model": "m", **given})
