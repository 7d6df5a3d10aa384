"""Anthropic's Messages: what is written, what is read, and what has no words there."""

from typing import Any

import pytest

from gateway.protocols.chat.anthropic.request import MOST_TOKENS
from gateway.protocols.chat.broken import Broken
from gateway.protocols.chat.family import FAMILIES
from gateway.protocols.chat.unfit import Unfit
from tests.protocols.chat.conversations import TOOL, WEATHER, asked, deltas, ends, iter_of, read, whole_talk

ANTHROPIC = FAMILIES["anthropic"]
START = (
    "message_start",
    {"type": "message_start", "message": {"usage": {"input_tokens": 5, "output_tokens": 1}}},
)
STOP = ("message_stop", {"type": "message_stop"})


def block(index: int, kind: str, **said: Any) -> tuple[str, dict[str, Any]]:
    """Make an event of a block of content."""
    return f"content_block_{kind}", {"type": f"content_block_{kind}", "index": index, **said}


def test_a_conversation_is_written_in_turns() -> None:
    """
    Instructions stand apart; two results of tools and what the user says after them are one turn.
    """
    written = ANTHROPIC.body(asked(*whole_talk(), stop="END", max_tokens=9), "m-1", streamed=True)

    assert written["system"] == "be kind\n\nbe brief"
    assert [turn["role"] for turn in written["messages"]] == ["user", "assistant", "user"]
    assert written["messages"][0]["content"][2]["source"] == {
        "type": "base64",
        "media_type": "image/png",
        "data": "aGk=",
    }
    assert [each["input"] for each in written["messages"][1]["content"]] == [
        {"city": "Rome"},
        {"city": "Oslo"},
    ]
    assert [each.get("tool_use_id") for each in written["messages"][2]["content"]] == ["c1", "c2", None]
    assert (written["stop_sequences"], written["max_tokens"], written["stream"]) == (["END"], 9, True)


def test_a_limit_is_sent_also_where_none_was_asked_for() -> None:
    """
    The API wants one; nothing else is made up.
    """
    written = ANTHROPIC.body(asked(), "m-1", streamed=False)

    assert written == {
        "model": "m-1",
        "max_tokens": MOST_TOKENS,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
    }


@pytest.mark.parametrize(
    ("fields", "written"),
    [
        ({}, None),
        ({"tool_choice": "required"}, {"type": "any"}),
        ({"tool_choice": "none"}, {"type": "none"}),
        ({"parallel_tool_calls": False}, {"type": "auto", "disable_parallel_tool_use": True}),
        (
            {"tool_choice": {"type": "function", "function": {"name": "weather"}}},
            {"type": "tool", "name": "weather"},
        ),
    ],
)
def test_every_choice_of_tools_has_its_word(fields: dict[str, Any], written: dict[str, Any] | None) -> None:
    """
    The model's own choice needs none.
    """
    body = ANTHROPIC.body(asked(tools=[TOOL], **fields), "m-1", streamed=False)

    assert body["tools"] == [{"name": "weather", "description": "Tells it.", "input_schema": WEATHER}]
    assert body.get("tool_choice") == written


def test_a_schema_is_the_answers_own_form() -> None:
    """
    So that tools can be used beside it; effort stands beside it.
    """
    form = {"type": "json_schema", "json_schema": {"name": "w", "schema": WEATHER}}

    body = ANTHROPIC.body(asked(response_format=form, reasoning_effort="low"), "m-1", streamed=False)

    assert body["output_config"] == {"format": {"type": "json_schema", "schema": WEATHER}, "effort": "low"}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"response_format": {"type": "json_object"}}, "has no response_format json_object"),
        ({"tools": [{"type": "custom", "custom": {}}]}, "takes no tools but functions"),
        ({"tools": [TOOL], "tool_choice": {"type": "allowed_tools"}}, "takes no tool_choice of type"),
    ],
)
def test_what_has_no_words_there_is_said(fields: dict[str, Any], reason: str) -> None:
    """
    The target is passed over, and the trace tells why.
    """
    with pytest.raises(Unfit, match=reason):
        ANTHROPIC.body(asked(**fields), "m-1", streamed=False)


def test_a_sound_has_no_words_there() -> None:
    """
    Neither has content of a type that nobody knows.
    """
    sound = {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}}

    with pytest.raises(Unfit, match="takes no audio"):
        ANTHROPIC.body(asked({"role": "user", "content": [sound]}), "m-1", streamed=False)
    with pytest.raises(Unfit, match="takes no content of type 'file'"):
        ANTHROPIC.body(asked({"role": "user", "content": [{"type": "file"}]}), "m-1", streamed=False)


def test_an_answer_has_words_thoughts_and_calls() -> None:
    """
    What came from the cache is part of the prompt.
    """
    content = [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "let me see"},
        {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Rome"}},
    ]
    usage = {
        "input_tokens": 10,
        "cache_read_input_tokens": 4,
        "output_tokens": 7,
        "output_tokens_details": {"thinking_tokens": 2},
    }

    said = ANTHROPIC.completion({"content": content, "stop_reason": "tool_use", "usage": usage})

    message = said["choices"][0]["message"]
    assert (message["content"], message["reasoning_content"]) == ("let me see", "hm")
    assert message["tool_calls"][0]["function"] == {"name": "weather", "arguments": '{"city":"Rome"}'}
    assert said["choices"][0]["finish_reason"] == "tool_calls"
    assert (said["usage"]["prompt_tokens"], said["usage"]["total_tokens"]) == (14, 21)
    assert said["usage"]["prompt_tokens_details"]["cached_tokens"] == 4
    assert said["usage"]["completion_tokens_details"]["reasoning_tokens"] == 2


@pytest.mark.parametrize(
    ("stop_reason", "finish_reason"),
    [("end_turn", "stop"), ("max_tokens", "length"), ("refusal", "content_filter")],
)
def test_a_reason_to_stop_has_our_word(stop_reason: str, finish_reason: str) -> None:
    """
    A refusal is an answer without words.
    """
    usage = {"input_tokens": 1, "output_tokens": 0}

    said = ANTHROPIC.completion({"content": [], "stop_reason": stop_reason, "usage": usage})

    assert said["choices"][0]["finish_reason"] == finish_reason
    assert said["choices"][0]["message"]["content"] is None


@pytest.mark.parametrize("answer", [None, [], {}, {"content": [{}]}, {"content": []}])
def test_what_is_no_answer_is_not_taken_for_one(answer: Any) -> None:
    """
    Of whatever shape it is.
    """
    with pytest.raises(ValueError, match="the answer is incomplete"):
        ANTHROPIC.completion(answer)


def test_a_stream_says_words_calls_and_its_count() -> None:
    """
    The arguments of a call come piece by piece under its number among the calls.
    """
    said = read(
        ANTHROPIC.chunks,
        START,
        ("ping", {"type": "ping"}),
        block(0, "start", content_block={"type": "text", "text": ""}),
        block(0, "delta", delta={"type": "text_delta", "text": "let"}),
        block(0, "stop"),
        block(1, "start", content_block={"type": "tool_use", "id": "t1", "name": "weather", "input": {}}),
        block(1, "delta", delta={"type": "input_json_delta", "partial_json": ""}),
        block(1, "delta", delta={"type": "input_json_delta", "partial_json": '{"city'}),
        (
            "message_delta",
            {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 8}},
        ),
        STOP,
    )

    begun = {"index": 0, "id": "t1", "type": "function", "function": {"name": "weather", "arguments": ""}}
    assert deltas(said) == [
        {"role": "assistant", "content": "let"},
        {"tool_calls": [begun]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"city'}}]},
    ]
    reason, usage = ends(said)
    assert (reason, usage["prompt_tokens"], usage["completion_tokens"]) == ("tool_calls", 5, 8)


def test_an_overload_in_the_middle_breaks_the_stream() -> None:
    """
    What was said before is passed on first.
    """
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    text = block(0, "delta", delta={"type": "text_delta", "text": "let"})

    with pytest.raises(Broken, match="Overloaded") as caught:
        read(ANTHROPIC.chunks, START, text, ("error", error))

    assert (caught.value.code, caught.value.error) == ("overloaded_error", "capacity")


def test_an_overload_at_the_beginning_comes_before_any_word() -> None:
    """
    So that another target may be tried.
    """
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    said = ANTHROPIC.chunks(iter_of(START, ("error", error)))

    with pytest.raises(Broken, match="Overloaded"):
        next(said)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (None, "cut_off"),
        (("content_block_delta", {"type": "content_block_delta"}), "malformed"),
        (("x", []), "malformed"),
    ],
)
def test_a_stream_without_its_end_is_broken(event: Any, code: str) -> None:
    """
    And so is one whose events are not what they look like.
    """
    with pytest.raises(Broken) as caught:
        read(ANTHROPIC.chunks, START, *([event] if event else []))

    assert caught.value.code == code
