"""The Gemini API's answers in words, whole or as a stream.

Source: google-genai 3.6.1 (Python), ``types.py``; https://ai.google.dev/gemini-api/docs/thought-signatures;
read 2026-11-25.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sluice.sandbox import fields, speech
from sluice.sandbox.dialects.google_order import count_pictures, get, objects, part_of
from sluice.sandbox.speech import Speech
from sluice.sandbox.wire import Call, Reply, event_reply, json_reply

MODES = {"AUTO": "auto", "VALIDATED": "auto", "ANY": "required", "NONE": "none"}
REASONS = {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP"}
SIGNATURE = "c2FuZGJveA=="
BUSY = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}


def talk(call: Call) -> Reply:
    """Answer ``generateContent`` of a model that speaks; our speaker is asked in OpenAI's form."""
    pieces = list(_told(speech.speak(_question(call.body)), call.params["model"]))
    return sent(call, pieces)


def sent(call: Call, pieces: list[dict[str, Any]]) -> Reply:
    """Send an answer whole, as events, or as a list for callers that stream and want no events."""
    if not call.path.endswith(":streamGenerateContent"):
        return json_reply(200, _whole(pieces), has_media=True)
    if call.query.get("alt") != "sse":
        return json_reply(200, pieces, has_media=True)
    return event_reply(tuple(map(event, pieces)), "text/event-stream", {})


def event(piece: Mapping[str, Any]) -> bytes:
    """Write a piece as an event; lines end as Google's do."""
    return f"data: {json.dumps(piece, ensure_ascii=False)}\r\n\r\n".encode()


def refusal(call: Call) -> Reply:
    """Answer that the prompt was blocked."""
    usage = {"promptTokenCount": 9, "totalTokenCount": 9}
    return sent(call, [{"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": usage}])


def _question(body: Mapping[str, Any]) -> dict[str, Any]:
    config = part_of(body, "generationConfig")
    mode = part_of(part_of(body, "toolConfig"), "functionCallingConfig")
    allowed = get(mode, "allowedFunctionNames")
    tools = [each for each in _functions(body) if not allowed or each["function"]["name"] in allowed]
    schema = get(config, "responseJsonSchema") or _lowered(get(config, "responseSchema") or {})
    form = "json_schema" if schema else "json_object"
    is_json = get(config, "responseMimeType") == "application/json"
    return {
        "messages": [_message(each) for each in objects(body, "contents")],
        "max_tokens": get(config, "maxOutputTokens"),
        "stop": get(config, "stopSequences"),
        "seed": config.get("seed"),
        "tools": tools,
        "tool_choice": MODES[str(get(mode, "mode") or "AUTO")],
        "response_format": {"type": form, "json_schema": {"schema": schema}} if is_json else None,
    }


def _message(content: Mapping[str, Any]) -> dict[str, Any]:
    parts = objects(content, "parts")
    if not parts:
        raise fields.invalid(
            "contents", "* GenerateContentRequest.contents[0].parts: contents.parts must not be empty."
        )
    _check_calls(parts)
    answers = any(get(part, "functionResponse") for part in parts)
    pictures = [{"type": "image_url"}] * count_pictures(parts)
    texts = [{"type": "text", "text": part["text"]} for part in parts if part.get("text")]
    return {"role": "tool" if answers else content.get("role", "user"), "content": [*pictures, *texts]}


def _check_calls(parts: list[Mapping[str, Any]]) -> None:
    """Check that the first call of a turn has its signature, as Gemini 3 wants it."""
    called = [part for part in parts if get(part, "functionCall")]
    if called and not get(called[0], "thoughtSignature"):
        name = part_of(called[0], "functionCall").get("name")
        raise fields.invalid("contents", f"Function call `{name}` is missing a `thought_signature`.")


def _functions(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for tool in objects(body, "tools"):
        for each in get(tool, "functionDeclarations") or []:
            schema = get(each, "parametersJsonSchema") or _lowered(each.get("parameters") or {})
            yield {"function": {"name": each["name"], "parameters": schema}}


def _lowered(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Write a schema of the API's own form, whose types are in capitals, as JSON Schema."""
    lowered = dict(schema)
    if schema.get("type"):
        lowered["type"] = str(schema["type"]).lower()
    if schema.get("properties"):
        lowered["properties"] = {name: _lowered(each) for name, each in schema["properties"].items()}
    if schema.get("items"):
        lowered["items"] = _lowered(schema["items"])
    return lowered


def _told(said: Speech, model: str) -> Iterator[dict[str, Any]]:
    """Tell an answer piece by piece; the last has the reason to finish, and all have the counts so far."""
    parts = [*({"text": token} for token in said.tokens), *_calls(said)]
    for number, part in enumerate(parts, 1):
        candidate: dict[str, Any] = {"index": 0, "content": {"role": "model", "parts": [part]}}
        if number == len(parts):
            candidate["finishReason"] = REASONS[said.finish]
        usage = _usage(said, said.completion_tokens if number == len(parts) else number)
        yield {"candidates": [candidate], "usageMetadata": usage, "modelVersion": model, "responseId": "r-1"}


def _whole(pieces: list[dict[str, Any]]) -> dict[str, Any]:
    """Put the pieces of an answer together: its texts are one."""
    last = pieces[-1]
    if len(pieces) == 1:
        return last
    parts = [part for piece in pieces for part in piece["candidates"][0]["content"]["parts"]]
    text = "".join(part["text"] for part in parts if "text" in part)
    others = [part for part in parts if "text" not in part]
    content = {"role": "model", "parts": [*([{"text": text}] if text else []), *others]}
    return last | {"candidates": [last["candidates"][0] | {"content": content}]}


def _calls(said: Speech) -> Iterator[dict[str, Any]]:
    """Make the parts that call tools; the first is signed."""
    for index, call in enumerate(said.calls):
        signed = {} if index else {"thoughtSignature": SIGNATURE}
        arguments = json.loads(call.arguments)
        yield {"functionCall": {"id": call.id, "name": call.name, "args": arguments}, **signed}


def _usage(said: Speech, made: int) -> dict[str, Any]:
    return {
        "promptTokenCount": said.prompt_tokens,
        "cachedContentTokenCount": said.cached_tokens,
        "candidatesTokenCount": made,
        "totalTokenCount": said.prompt_tokens + made,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": said.prompt_tokens}],
    }
