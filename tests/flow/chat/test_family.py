"""Chats over families that lack words for some requests, and what their streams say before the first word."""

import json

import pytest

from gateway.errors import InvalidRequest
from tests.builders import answer
from tests.flow.chat.line import HI, Said, begin, on, stored, text_of, whole

ANTHROPIC, BEDROCK = "anthropic.com", "amazonaws.com"
LOOK = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x.example/a"}}]}]
SPOKEN = answer(
    {
        "content": [{"type": "text", "text": "twelve"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 100, "cache_read_input_tokens": 1000, "output_tokens": 20},
    }
)


def event(**said: object) -> bytes:
    """Write an event of Anthropic's."""
    return f"event: {said['type']}\ndata: {json.dumps(said)}\n\n".encode()


def test_a_target_without_words_for_a_request_is_passed_over() -> None:
    """
    It gets no attempt, and the trace says why.
    """
    ports, line = on({ANTHROPIC: [SPOKEN]})

    told = whole(ports, model="claude-sonnet", messages=LOOK)

    assert told.document["provider"] == "anthropic"
    assert [skip.reason for skip in stored(ports).skipped] == ["takes pictures as data: URLs only"]
    assert len(line.sent) == 1


def test_a_model_without_words_for_a_request_says_so() -> None:
    """
    Nothing is started.
    """
    ports, line = on({})

    with pytest.raises(InvalidRequest, match="claude-sonnet-5-5 takes pictures as data: URLs only"):
        whole(ports, model="bedrock/global.anthropic.claude-sonnet-5-5", messages=LOOK)

    assert line.sent == []


def test_tokens_from_a_cache_have_their_own_price() -> None:
    """
    The provider counts them beside the others, and the caller reads OpenAI's counts.
    """
    ports, _ = on({ANTHROPIC: [SPOKEN]})

    usage = whole(ports, model="claude-sonnet", messages=HI).document["usage"]

    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (1100, 20, 1120)
    assert usage["cost"] == pytest.approx((100 * 2 + 1000 * 0.1 + 20 * 10) / 1e6)


def test_an_overload_before_the_first_word_goes_to_the_next_target() -> None:
    """
    Although its stream had begun.
    """
    start = event(type="message_start", message={"usage": {"input_tokens": 5, "output_tokens": 1}})
    busy = event(type="error", error={"type": "overloaded_error", "message": "Overloaded"})
    refused = answer({"message": "no"}, 400)
    ports, line = on({ANTHROPIC: [Said((start, event(type="ping"), busy))], BEDROCK: [refused]})

    with pytest.raises(Exception, match="bedrock"):
        list(begin(ports, model="claude-sonnet"))

    assert [attempt.error for attempt in stored(ports).attempts] == ["capacity", "request"]
    assert line.open == 0


def test_an_overload_after_the_first_word_is_told_and_what_was_said_is_billed() -> None:
    """
    The stream ends with the error; the counts are estimated.
    """
    start = event(type="message_start", message={"usage": {"input_tokens": 5, "output_tokens": 1}})
    word = event(type="content_block_delta", index=0, delta={"type": "text_delta", "text": "twelve"})
    busy = event(type="error", error={"type": "overloaded_error", "message": "Overloaded"})
    ports, line = on({ANTHROPIC: [Said((start, word, busy))]})

    told = list(begin(ports, model="claude-sonnet"))

    assert text_of(told) == "twelve"
    assert told[-1] is not None
    assert told[-1]["error"]["code"] == "provider_capacity"
    assert (stored(ports).status, stored(ports).estimated, line.open) == ("failed", True, 0)
