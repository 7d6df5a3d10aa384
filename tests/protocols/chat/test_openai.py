"""The family that speaks as we do: what it writes, what it reads, and what it does not take for an answer."""

from typing import Any

import pytest

from gateway.protocols.chat import openai
from gateway.protocols.chat.broken import Broken
from gateway.protocols.sse import Event

MESSAGES = [{"role": "user", "content": "hi"}]
SAID = {"choices": [{"index": 0, "delta": {"content": "hi"}, "finish_reason": None}]}


def stream(*data: str) -> list[dict[str, Any]]:
    """Read a stream of events with these data."""
    return list(openai.chunks(Event("", each) for each in data))


def test_a_request_is_passed_on_under_the_providers_name() -> None:
    """
    Of a stream the count of tokens is asked for, whether the caller wants it or not.
    """
    plain = openai.body({"messages": MESSAGES, "seed": 1}, "m-1", streamed=False)
    streamed = openai.body({"messages": MESSAGES}, "m-1", streamed=True)

    assert plain == {"model": "m-1", "messages": MESSAGES, "seed": 1}
    assert streamed["stream"] is True
    assert streamed["stream_options"] == {"include_usage": True}


def test_an_answer_is_its_choices_and_its_usage() -> None:
    """
    What else a provider tells stays behind.
    """
    choice = {"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}

    read = openai.completion({"id": "x", "choices": [choice], "usage": {"prompt_tokens": 1}, "extra": 1})

    assert read == {"choices": [choice], "usage": {"prompt_tokens": 1}}


@pytest.mark.parametrize("answer", [None, [], {}, {"choices": []}, {"choices": "no"}, {"choices": [{}]}])
def test_what_is_no_answer_is_not_taken_for_one(answer: Any) -> None:
    """
    Of whatever shape it is.
    """
    with pytest.raises(ValueError, match=r"no (choices|message)"):
        openai.completion(answer)


def test_a_stream_ends_with_its_mark() -> None:
    """
    Chunks that tell nothing are left out; what comes after the mark is not looked at.
    """
    usage = '{"choices": [], "usage": {"prompt_tokens": 1}}'
    said = '{"choices": [{"index": 0, "delta": {"content": "hi"}, "finish_reason": null}]}'

    read = stream('{"choices": []}', said, usage, "[DONE]", "what?")

    assert read == [{**SAID, "usage": None}, {"choices": [], "usage": {"prompt_tokens": 1}}]


@pytest.mark.parametrize(
    ("data", "code", "error"),
    [
        ('{"choi', "malformed", "transient"),
        ("[1]", "malformed", "transient"),
        ('{"error": {"message": "no", "code": 429}}', "429", "capacity"),
        ('{"error": {"message": "no", "type": "server_error"}}', "server_error", "transient"),
        ('{"error": "no"}', "error", "transient"),
    ],
)
def test_an_error_within_a_stream_is_told(data: str, code: str, error: str) -> None:
    """
    As an event of its own, or because an event cannot be read.
    """
    with pytest.raises(Broken) as broken:
        stream(data, "[DONE]")

    assert (broken.value.code, broken.value.error) == (code, error)


def test_a_stream_without_its_mark_is_broken() -> None:
    """
    The connection may have ended well, and the answer not.
    """
    with pytest.raises(Broken, match="before its end mark"):
        stream('{"choices": [{"index": 0, "delta": {"content": "hi"}}]}')
