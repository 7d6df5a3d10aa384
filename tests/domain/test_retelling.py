"""A chat's answer told as a response: its events in order, and the response that they end in."""

from typing import Any

import pytest

from gateway.domain import retelling

BODY = {"model": "m", "instructions": "be kind", "tools": [{"type": "function", "name": "weather"}]}
COUNTS = {
    "prompt_tokens": 9,
    "completion_tokens": 5,
    "total_tokens": 14,
    "cost": 0.5,
    "prompt_tokens_details": {"cached_tokens": 4},
}


def begun() -> dict[str, Any]:
    """Return a response to which nothing was said yet."""
    return retelling.started(BODY, "gw_1", "m", 1000.5)


def chunk(reason: str | None = None, **delta: Any) -> dict[str, Any]:
    """Make a chunk."""
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}], "usage": None}


def call(index: int, name: str = "", arguments: str = "") -> dict[str, Any]:
    """Make a chunk of a call; with a name it begins."""
    begins = {"id": f"c{index}", "type": "function"} if name else {}
    function = {"name": name, "arguments": arguments} if name else {"arguments": arguments}
    return chunk(tool_calls=[{"index": index, **begins, "function": function}])


END: dict[str, Any] = {"choices": [], "usage": COUNTS}


def told(*chunks: dict[str, Any]) -> list[dict[str, Any]]:
    """Tell chunks as events, which are numbered."""
    events = list(retelling.events(begun(), chunks))
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    return events


def test_words_are_told_piece_by_piece() -> None:
    """
    Item, part and text begin, go on and end; the last event has the whole response with counts and cost.
    """
    events = told(chunk(role="assistant", content="hel"), chunk(content="lo"), chunk("stop"), END)

    assert [event["type"].removeprefix("response.") for event in events] == [
        "created", "in_progress", "output_item.added", "content_part.added", "output_text.delta",
        "output_text.delta", "output_text.done", "content_part.done", "output_item.done", "completed",
    ]  # fmt: skip
    assert [event["delta"] for event in events if "delta" in event] == ["hel", "lo"]
    last = events[-1]["response"]
    assert (last["status"], last["output"][0]["content"][0]["text"]) == ("completed", "hello")
    assert last["usage"] == {
        "input_tokens": 9,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 14,
        "cost": 0.5,
    }


def test_what_was_told_does_not_change_later() -> None:
    """
    The item and the part that were added are empty, also when all is over.
    """
    events = told(chunk(content="hello"), chunk("stop"))

    assert events[2]["item"]["content"] == []
    assert events[3]["part"]["text"] == ""
    assert events[0]["response"]["output"] == []


def test_each_call_is_an_item_of_its_own() -> None:
    """
    After the thoughts and the words that came before; their arguments come piece by piece.
    """
    thoughts, words = chunk(reasoning_content="hm"), chunk(content="let me see")

    events = told(
        thoughts,
        words,
        call(0, "weather"),
        call(0, arguments='{"a"'),
        call(0, arguments=":1}"),
        call(1, "time"),
    )

    output = events[-1]["response"]["output"]
    assert [item["type"] for item in output] == ["reasoning", "message", "function_call", "function_call"]
    assert [item["status"] for item in output] == ["completed"] * 4
    assert (output[2]["call_id"], output[2]["arguments"]) == ("c0", '{"a":1}')
    assert len({item["id"] for item in output}) == 4


@pytest.mark.parametrize(
    ("reason", "why"), [("length", "max_output_tokens"), ("content_filter", "content_filter")]
)
def test_an_answer_that_was_cut_off_is_incomplete(reason: str, why: str) -> None:
    """
    And says why.
    """
    last = told(chunk(content="hel"), chunk(reason), END)[-1]

    assert last["type"] == "response.incomplete"
    assert last["response"]["incomplete_details"] == {"reason": why}


def test_an_error_in_the_middle_fails_the_response() -> None:
    """
    What was said until then is in it.
    """
    error = {"error": {"code": "cut_off", "message": "the stream ended"}}

    last = told(chunk(content="hel"), error)[-1]

    assert last["type"] == "response.failed"
    assert last["response"]["error"] == {"code": "cut_off", "message": "the stream ended"}
    assert last["response"]["output"][0]["content"][0]["text"] == "hel"


def test_a_whole_answer_is_the_response_that_its_stream_would_end_in() -> None:
    """
    What was asked for is repeated in it.
    """
    function = {"name": "weather", "arguments": "{}"}
    message = {
        "role": "assistant",
        "content": "let me see",
        "refusal": None,
        "tool_calls": [{"id": "c0", "type": "function", "function": function}],
    }
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}

    response = retelling.whole(begun(), {"choices": [choice], "usage": COUNTS})

    streamed = told(chunk(content="let me see"), call(0, "weather", "{}"), chunk("tool_calls"), END)
    assert response == streamed[-1]["response"]
    assert (response["instructions"], response["created_at"], response["tools"]) == (
        "be kind",
        1000,
        BODY["tools"],
    )
