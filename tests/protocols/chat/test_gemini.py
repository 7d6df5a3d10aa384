"""Google's generateContent: what is written, what is read, and what has no words there."""

from typing import Any

import pytest

from gateway.protocols.chat.broken import Broken
from gateway.protocols.chat.family import FAMILIES
from gateway.protocols.chat.unfit import Unfit
from tests.protocols.chat.conversations import (
    TOOL,
    WEATHER,
    asked,
    call_of,
    deltas,
    ends,
    iter_of,
    read,
    whole_talk,
)

GEMINI = FAMILIES["gemini"]
COUNTS = {
    "promptTokenCount": 9,
    "candidatesTokenCount": 5,
    "thoughtsTokenCount": 3,
    "cachedContentTokenCount": 4,
}


def piece(*parts: dict[str, Any], reason: str | None = None, **fields: Any) -> tuple[str, dict[str, Any]]:
    """Make an event of a stream; an answer is of the same form."""
    candidate = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
    return "", {"candidates": [candidate | ({"finishReason": reason} if reason else {})], **fields}


def called(name: str, **fields: Any) -> dict[str, Any]:
    """Make a part that calls a tool."""
    return {"functionCall": {"name": name, "args": {"city": "Rome"}}, **fields}


def test_a_conversation_is_written_in_turns() -> None:
    """
    A result has its tool's name, which only the call tells; of two calls at once the first is signed.
    """
    written = GEMINI.body(asked(*whole_talk(), stop=["END"], max_completion_tokens=9), "m-1", streamed=True)

    assert written["systemInstruction"]["parts"] == [{"text": "be kind"}, {"text": "be brief"}]
    user, model, results = (turn["parts"] for turn in written["contents"])
    assert user[2] == {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
    assert [part["functionCall"]["args"] for part in model] == [{"city": "Rome"}, {"city": "Oslo"}]
    assert [part.get("thoughtSignature") for part in model] == ["skip_thought_signature_validator", None]
    assert results[0]["functionResponse"] == {"id": "c1", "name": "weather", "response": {"output": "sun"}}
    assert written["generationConfig"] == {"stopSequences": ["END"], "maxOutputTokens": 9}


def test_a_signature_goes_back_to_where_it_came_from() -> None:
    """
    A call that was read and is written again keeps the signature of the thoughts behind it.
    """
    _, answer = piece(called("weather", thoughtSignature="c2ln"), reason="STOP", responseId="r1")
    message = GEMINI.completion(answer)["choices"][0]["message"]

    written = GEMINI.body(asked({"role": "user", "content": "hi"}, message), "m-1", streamed=False)

    assert message["tool_calls"][0]["id"] == "call_r1_0"
    assert written["contents"][1]["parts"][0]["thoughtSignature"] == "c2ln"


def test_a_picture_by_url_shows_its_type() -> None:
    """
    The API wants to know it, and nobody fetches it to see.
    """
    written = GEMINI.body(asked(*whole_talk("https://x.example/a.JPG?v=1")), "m-1", streamed=False)

    file = {"fileUri": "https://x.example/a.JPG?v=1", "mimeType": "image/jpeg"}
    assert written["contents"][0]["parts"][2] == {"fileData": file}
    with pytest.raises(Unfit, match=r"only where the URL ends in \.png"):
        GEMINI.body(asked(*whole_talk("https://x.example/a")), "m-1", streamed=False)


def test_a_sound_goes_inline() -> None:
    """
    A WAV file, as OpenAI's clients send it.
    """
    sound = {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}}

    written = GEMINI.body(asked({"role": "user", "content": [sound]}), "m-1", streamed=False)

    assert written["contents"][0]["parts"] == [{"inlineData": {"mimeType": "audio/wav", "data": "aGk="}}]


@pytest.mark.parametrize(
    ("choice", "written"),
    [
        ("auto", None),
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        (
            {"type": "function", "function": {"name": "weather"}},
            {"mode": "ANY", "allowedFunctionNames": ["weather"]},
        ),
    ],
)
def test_every_choice_of_tools_has_its_mode(choice: Any, written: dict[str, Any] | None) -> None:
    """
    The schema goes out as JSON Schema, not in the API's own subset.
    """
    body = GEMINI.body(asked(tools=[TOOL], tool_choice=choice), "m-1", streamed=False)

    declared = {"name": "weather", "description": "Tells it.", "parametersJsonSchema": WEATHER}
    assert body["tools"] == [{"functionDeclarations": [declared]}]
    assert body.get("toolConfig") == (written and {"functionCallingConfig": written})


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ({"type": "text"}, {}),
        ({"type": "json_object"}, {"responseMimeType": "application/json"}),
        (
            {"type": "json_schema", "json_schema": {"name": "w", "schema": WEATHER}},
            {"responseMimeType": "application/json", "responseJsonSchema": WEATHER},
        ),
    ],
)
def test_json_has_its_type_with_and_without_schema(form: dict[str, Any], written: dict[str, Any]) -> None:
    """
    The settings of chance and of thinking stand beside it.
    """
    fields = {"temperature": 0.0, "top_p": 0.5, "seed": 0, "reasoning_effort": "low"}

    body = GEMINI.body(asked(response_format=form, **fields), "m-1", streamed=False)

    settings = {"temperature": 0.0, "topP": 0.5, "seed": 0, "thinkingConfig": {"thinkingLevel": "LOW"}}
    assert body["generationConfig"] == settings | written


def test_an_answer_has_words_thoughts_and_calls() -> None:
    """
    Thoughts are counted as part of the answer.
    """
    parts = [{"text": "hm", "thought": True}, {"text": "let me see"}, called("weather"), called("time")]

    said = GEMINI.completion(piece(*parts, reason="STOP", responseId="r1", usageMetadata=COUNTS)[1])

    message = said["choices"][0]["message"]
    assert (message["content"], message["reasoning_content"]) == ("let me see", "hm")
    assert [call["id"] for call in message["tool_calls"]] == ["call_r1_0", "call_r1_1"]
    assert said["choices"][0]["finish_reason"] == "tool_calls"
    assert (said["usage"]["prompt_tokens"], said["usage"]["completion_tokens"]) == (9, 8)
    assert said["usage"]["prompt_tokens_details"]["cached_tokens"] == 4
    assert said["usage"]["completion_tokens_details"]["reasoning_tokens"] == 3


@pytest.mark.parametrize(
    ("told", "finish_reason"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
    ],
)
def test_a_reason_to_finish_has_our_word(told: str, finish_reason: str) -> None:
    """
    A refusal is an answer without words, or cut off.
    """
    said = GEMINI.completion({"candidates": [{"finishReason": told}]})

    assert said["choices"][0]["finish_reason"] == finish_reason


@pytest.mark.parametrize("answer", [None, {}, {"candidates": []}, {"candidates": [{"content": {}}]}])
def test_what_is_no_answer_is_not_taken_for_one(answer: Any) -> None:
    """
    Of whatever shape it is.
    """
    with pytest.raises(ValueError, match="the answer is incomplete"):
        GEMINI.completion(answer)


def test_a_stream_says_words_calls_and_its_last_count() -> None:
    """
    Calls come whole; those of later events are counted on.
    """
    said = read(
        GEMINI.chunks,
        piece({"text": "let"}, responseId="r1", usageMetadata={"promptTokenCount": 9}),
        piece(called("weather", thoughtSignature="c2ln"), responseId="r1"),
        piece(called("time"), reason="STOP", responseId="r1", usageMetadata=COUNTS),
    )

    words, first, second = deltas(said)
    assert words == {"role": "assistant", "content": "let"}
    assert first["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "c2ln"}}
    assert [each["tool_calls"][0]["index"] for each in (first, second)] == [0, 1]
    assert second["tool_calls"][0]["id"] == "call_r1_1"
    reason, usage = ends(said)
    assert (reason, usage["total_tokens"]) == ("tool_calls", 17)


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ({"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}}, "capacity"),
        ({"error": {"code": 500, "message": "sorry", "status": "INTERNAL"}}, "transient"),
        ({"promptFeedback": {"blockReason": "SAFETY"}}, "moderation"),
        ({"candidates": [{"finishReason": "SAFETY"}]}, "moderation"),
    ],
)
def test_an_error_in_place_of_an_answer_breaks_the_stream(event: dict[str, Any], error: str) -> None:
    """
    At its beginning nothing was said yet.
    """
    with pytest.raises(Broken) as caught:
        next(GEMINI.chunks(iter_of(("", event))))

    assert caught.value.error == error


def test_a_stream_that_is_blocked_in_the_middle_ends_so() -> None:
    """
    What was said before stays said.
    """
    said = read(GEMINI.chunks, piece({"text": "let"}), piece(reason="SAFETY", usageMetadata=COUNTS))

    assert ends(said)[0] == "content_filter"


def test_a_stream_without_a_reason_to_finish_is_cut_off() -> None:
    """
    What was said is passed on.
    """
    said = GEMINI.chunks(iter_of(piece({"text": "let"})))

    assert next(said)["choices"][0]["delta"]["content"] == "let"
    with pytest.raises(Broken, match="before its end"):
        next(said)


def test_a_call_without_arguments_is_one() -> None:
    """
    Both ways.
    """
    no_arguments = {"id": "c1", "type": "function", "function": {"name": "now", "arguments": ""}}
    said = GEMINI.completion(piece({"functionCall": {"name": "now"}}, reason="STOP")[1])

    written = GEMINI.body(asked({"role": "assistant", "tool_calls": [no_arguments]}), "m-1", streamed=False)

    assert said["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] == "{}"
    assert written["contents"][0]["parts"][0]["functionCall"]["args"] == {}
    broken = call_of("c1", "Rome") | {"function": {"name": "now", "arguments": "[1]"}}
    with pytest.raises(Unfit, match="not a JSON object"):
        GEMINI.body(asked({"role": "assistant", "tool_calls": [broken]}), "m-1", streamed=False)
