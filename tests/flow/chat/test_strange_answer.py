"""Whatever stands anywhere in a provider's answer, the job ends, and nothing of it stays open."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain import retelling
from gateway.domain.chat import read_chat
from gateway.errors import GatewayError
from gateway.flow.chat import answer, entry
from sluice.sandbox import event_stream
from tests import builders
from tests.flow.chat.line import DONE, HI, Said, on, stored
from tests.flow.chat.test_strange import ANYBODY, STRANGE, places

CALL = {"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}
COUNTS = {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}}
GEMINI_COUNTS = {
    "promptTokenCount": 3,
    "candidatesTokenCount": 2,
    "promptTokensDetails": [{"modality": "TEXT"}],
}
GEMINI_CALL = {"functionCall": {"name": "look", "args": {}}, "thoughtSignature": "s"}
CONVERSE_CALL = {"name": "look", "toolUseId": "t"}
MODELS = {
    "openai": "meta/llama-3.3-70b-instruct",
    "anthropic": "anthropic/claude-sonnet-5-5",
    "gemini": "google/gemini-3.8-flash",
    "converse": "bedrock/global.anthropic.claude-sonnet-5-5",
}
STREAMS: dict[str, list[Any]] = {
    "openai": [
        {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "hi"}}]},
        {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, **CALL}]}}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        {"choices": [], "usage": COUNTS},
    ],
    "anthropic": [
        {"type": "message_start", "message": {"usage": {"input_tokens": 5}}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi"}},
        {
            "type": "content_block_start",
            "index": 1,
            "content_block": {"type": "tool_use", "id": "t", "name": "n"},
        },
        {
            "type": "content_block_delta",
            "index": 1,
            "delta": {"type": "input_json_delta", "partial_json": "{}"},
        },
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 4}},
        {"type": "message_stop"},
    ],
    "gemini": [
        {"candidates": [{"content": {"parts": [{"text": "hi"}]}}], "responseId": "r"},
        {
            "candidates": [{"content": {"parts": [GEMINI_CALL]}, "finishReason": "STOP"}],
            "usageMetadata": GEMINI_COUNTS,
        },
    ],
    "converse": [
        ["contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "hi"}}],
        ["contentBlockStart", {"contentBlockIndex": 1, "start": {"toolUse": CONVERSE_CALL}}],
        ["contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolUse": {"input": "{}"}}}],
        ["messageStop", {"stopReason": "end_turn"}],
        ["metadata", {"usage": {"inputTokens": 1, "outputTokens": 2}}],
    ],
}
WHOLES: dict[str, Any] = {
    "openai": {
        "choices": [{"message": {"content": "hi", "tool_calls": [CALL]}, "finish_reason": "stop"}],
        "usage": COUNTS,
    },
    "anthropic": {
        "content": [{"type": "text", "text": "a"}, {"type": "tool_use", "id": "t", "name": "n", "input": {}}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 3, "output_tokens": 4},
    },
    "gemini": STREAMS["gemini"][1],
    "converse": {
        "output": {"message": {"content": [{"text": "hi"}, {"toolUse": {**CONVERSE_CALL, "input": {}}}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 1, "outputTokens": 2},
    },
}


def pieces(family: str, events: list[Any]) -> Iterator[bytes]:
    """Write a stream as its family does."""
    for each in events:
        if family == "converse":
            name, value = each if isinstance(each, list) and len(each) == 2 else ("x", each)
            yield event_stream.message(str(name), value)
        else:
            yield b"data: %b\n\n" % json.dumps(each).encode()
    yield DONE if family == "openai" else b""


def ended(family: str, said: Any, *, streamed: bool) -> tuple[str, int, int]:
    """Have a chat, as a completion and as a response; return how its job ended, and what is open still."""
    kind = "application/vnd.amazon.eventstream" if family == "converse" else "text/event-stream"
    reply = Said(tuple(pieces(family, said)), kind=kind) if streamed else builders.answer(said)
    ports, line = on({"": [reply]})
    asked = read_chat({"model": MODELS[family], "messages": HI, "stream": streamed})
    job, _ = entry.take_in(ports, ANYBODY, asked)
    response = retelling.started({}, job.id, job.model, job.created_at)
    try:
        if streamed:
            job, talk = answer.begin(ports, job, ports.now() + 60)
            told = answer.stream(ports, job, talk, asked)
            list(retelling.events(response, (each for each in told if each is not None)))
        else:
            json.dumps(retelling.whole(response, answer.whole(ports, job, asked, ports.now() + 60).document))
    except GatewayError:
        pass
    return stored(ports).status, line.open, len(stored(ports).attempts)


@pytest.mark.parametrize("family", MODELS)
def test_as_they_are_they_are_answers(family: str) -> None:
    """
    So that what is strange is only the one value.
    """
    for said, streamed in ((STREAMS[family], True), (WHOLES[family], False)):
        assert ended(family, said, streamed=streamed) == ("succeeded", 0, 1)


PLACES = [
    (family, streamed, at)
    for streamed, answers in ((True, STREAMS), (False, WHOLES))
    for family, said in answers.items()
    for at in places(said)
]


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.sampled_from(PLACES), STRANGE | st.just(10**30))
def test_anything_may_stand_anywhere(place: tuple[str, bool, tuple[Any, ...]], strange: Any) -> None:
    """
    One value of an answer is another.
    """
    family, streamed, (*way, name) = place
    said = inner = deepcopy((STREAMS if streamed else WHOLES)[family])
    for step in way:
        inner = inner[step]
    inner[name] = strange

    status, left_open, _ = ended(family, said, streamed=streamed)

    assert status in ("succeeded", "failed")
    assert left_open == 0


def test_what_some_providers_leave_out_is_filled_in() -> None:
    """
    An end without a delta, a call without its number or id, and arguments that are an object.
    """
    call = {"function": {"name": "look", "arguments": {"a": 1}}}
    said = [{"choices": [{"delta": {"tool_calls": [call]}}]}, {"choices": [{"finish_reason": "tool_calls"}]}]
    ports, _ = on({"": [Said(tuple(pieces("openai", said)))]})
    asked = read_chat({"model": MODELS["openai"], "messages": HI, "stream": True})

    job, talk = answer.begin(ports, entry.take_in(ports, ANYBODY, asked)[0], ports.now() + 60)
    chunks = (each for each in answer.stream(ports, job, talk, asked) if each is not None)
    *_, last = retelling.events(retelling.started({}, job.id, job.model, 0), chunks)

    (made,) = last["response"]["output"]
    assert (made["name"], made["arguments"], last["type"]) == ("look", '{"a":1}', "response.completed")
    assert made["call_id"]
