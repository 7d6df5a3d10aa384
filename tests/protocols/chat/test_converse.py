"""Bedrock's Converse: what is written, what is read, and what has no words there."""

from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from gateway.protocols.chat.broken import Broken
from gateway.protocols.chat.family import FAMILIES
from gateway.protocols.chat.unfit import Unfit
from tests.protocols.chat.conversations import TOOL, WEATHER, asked, deltas, ends, read, whole_talk

CONVERSE = FAMILIES["converse"]
COUNTS = {"inputTokens": 10, "outputTokens": 7, "totalTokens": 21, "cacheReadInputTokens": 4}
NAMED = {"type": "function", "function": {"name": "weather"}}


def delta(index: int, **said: Any) -> tuple[str, dict[str, Any]]:
    """Make an event that says something."""
    return "contentBlockDelta", {"contentBlockIndex": index, "delta": said}


def answer(*content: dict[str, Any], reason: str = "end_turn") -> dict[str, Any]:
    """Make a whole answer."""
    return {"output": {"message": {"content": list(content)}}, "stopReason": reason, "usage": COUNTS}


def test_a_conversation_is_written_in_turns() -> None:
    """
    Model and stream are in the URL, so nothing of them is in the body.
    """
    fields = {"tools": [TOOL], "stop": "END", "max_tokens": 9, "temperature": 0.5}

    written = CONVERSE.body(asked(*whole_talk(), **fields), "m-1", streamed=True)

    assert written.keys() == {"system", "messages", "inferenceConfig", "toolConfig"}
    assert written["system"] == [{"text": "be kind"}, {"text": "be brief"}]
    user, assistant, results = (turn["content"] for turn in written["messages"])
    assert user[2] == {"image": {"format": "png", "source": {"bytes": "aGk="}}}
    assert assistant[0] == {"toolUse": {"toolUseId": "c1", "name": "weather", "input": {"city": "Rome"}}}
    assert results[1] == {"toolResult": {"toolUseId": "c2", "content": [{"text": "snow"}]}}
    assert written["inferenceConfig"] == {"maxTokens": 9, "temperature": 0.5, "stopSequences": ["END"]}


def test_what_is_written_fits_the_service_model() -> None:
    """
    AWS's own client would send it: a conversation with tools, results, a picture, a schema and limits.
    """
    described = Loader().load_service_model("bedrock-runtime", "service-2")
    shape = ServiceModel(described).operation_model("ConverseStream").input_shape
    form = {"type": "json_schema", "json_schema": {"name": "w", "schema": WEATHER}}
    fields = {"tools": [TOOL], "tool_choice": NAMED, "stop": "END", "max_tokens": 9, "response_format": form}

    written = CONVERSE.body(asked(*whole_talk(), **fields), "m-1", streamed=True)

    assert ParamValidator().validate({"modelId": "m-1", **written}, shape).generate_report() == ""


@pytest.mark.parametrize(
    ("choice", "written"),
    [("auto", None), ("required", {"any": {}}), (NAMED, {"tool": {"name": "weather"}})],
)
def test_every_choice_of_tools_has_its_word(choice: Any, written: dict[str, Any] | None) -> None:
    """
    To use none is to be offered none.
    """
    body = CONVERSE.body(asked(tools=[TOOL], tool_choice=choice), "m-1", streamed=False)
    silent = CONVERSE.body(asked(tools=[TOOL], tool_choice="none"), "m-1", streamed=False)

    spec = {"name": "weather", "description": "Tells it.", "inputSchema": {"json": WEATHER}}
    assert body["toolConfig"]["tools"] == [{"toolSpec": spec}]
    assert body["toolConfig"].get("toolChoice") == written
    assert "toolConfig" not in silent


def test_a_schema_is_written_as_text() -> None:
    """
    Under its name.
    """
    form = {"type": "json_schema", "json_schema": {"name": "w", "schema": {"type": "object"}, "strict": True}}

    body = CONVERSE.body(asked(response_format=form, reasoning_effort="low"), "m-1", streamed=False)

    schema = {"schema": '{"type":"object"}', "name": "w"}
    text = {"type": "json_schema", "structure": {"jsonSchema": schema}}
    assert body["outputConfig"] == {"textFormat": text, "effort": "low"}


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (asked(*whole_talk("https://x.example/a.png")), "takes pictures as data: URLs only"),
        (asked(response_format={"type": "json_object"}), "has no response_format json_object"),
        (asked(*whole_talk(), tools=[TOOL], tool_choice="none"), "cannot go on without tools"),
    ],
)
def test_what_has_no_words_there_is_said(request_: dict[str, Any], reason: str) -> None:
    """
    The target is passed over, and the trace tells why.
    """
    with pytest.raises(Unfit, match=reason):
        CONVERSE.body(request_, "m-1", streamed=False)


def test_an_answer_has_words_thoughts_and_calls() -> None:
    """
    What came from the cache is part of the prompt.
    """
    said = CONVERSE.completion(
        answer(
            {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}},
            {"text": "let me see"},
            {"toolUse": {"toolUseId": "t1", "name": "weather", "input": {"city": "Rome"}}},
            reason="tool_use",
        )
    )

    message = said["choices"][0]["message"]
    assert (message["content"], message["reasoning_content"]) == ("let me see", "hm")
    assert message["tool_calls"][0]["function"] == {"name": "weather", "arguments": '{"city":"Rome"}'}
    assert said["choices"][0]["finish_reason"] == "tool_calls"
    assert (said["usage"]["prompt_tokens"], said["usage"]["total_tokens"]) == (14, 21)
    assert said["usage"]["prompt_tokens_details"]["cached_tokens"] == 4


@pytest.mark.parametrize(
    ("told", "finish_reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("guardrail_intervened", "content_filter"),
        ("content_filtered", "content_filter"),
    ],
)
def test_a_reason_to_stop_has_our_word(told: str, finish_reason: str) -> None:
    """
    A guardrail is a filter of content.
    """
    assert CONVERSE.completion(answer(reason=told))["choices"][0]["finish_reason"] == finish_reason


@pytest.mark.parametrize("told", [None, {}, {"output": {}}, answer("text")])  # type: ignore[arg-type]
def test_what_is_no_answer_is_not_taken_for_one(told: Any) -> None:
    """
    Of whatever shape it is.
    """
    with pytest.raises(ValueError, match="the answer is incomplete"):
        CONVERSE.completion(told)


def test_a_stream_says_words_calls_and_its_count() -> None:
    """
    The count comes after the reason to stop.
    """
    start = {"start": {"toolUse": {"toolUseId": "t1", "name": "weather"}}, "contentBlockIndex": 1}
    said = read(
        CONVERSE.chunks,
        ("messageStart", {"role": "assistant"}),
        delta(0, text="let"),
        delta(0, reasoningContent={"text": "hm"}),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("contentBlockStart", start),
        delta(1, toolUse={"input": '{"city'}),
        ("messageStop", {"stopReason": "tool_use"}),
        ("metadata", {"usage": COUNTS, "metrics": {"latencyMs": 1}}),
    )

    begun = {"index": 0, "id": "t1", "type": "function", "function": {"name": "weather", "arguments": ""}}
    assert deltas(said) == [
        {"role": "assistant", "content": "let"},
        {"reasoning_content": "hm"},
        {"tool_calls": [begun]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"city'}}]},
    ]
    reason, usage = ends(said)
    assert (reason, usage["prompt_tokens"], usage["completion_tokens"]) == ("tool_calls", 14, 7)


@pytest.mark.parametrize(
    ("name", "error"), [("throttlingException", "capacity"), ("modelStreamErrorException", "transient")]
)
def test_an_exception_in_the_middle_breaks_the_stream(name: str, error: str) -> None:
    """
    Its own text is kept.
    """
    with pytest.raises(Broken, match="slow down") as caught:
        read(CONVERSE.chunks, delta(0, text="let"), (name, {"message": "slow down"}))

    assert (caught.value.code, caught.value.error) == (name, error)


def test_a_stream_without_its_end_is_broken() -> None:
    """
    The reason to stop is the end; only a count may follow.
    """
    with pytest.raises(Broken, match="before its end") as caught:
        read(CONVERSE.chunks, delta(0, text="let"), ("contentBlockStop", {}))

    assert caught.value.code == "cut_off"
