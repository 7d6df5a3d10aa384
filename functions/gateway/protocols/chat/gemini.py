"""Google's generateContent.

A call of a tool has a signature of the thoughts that led to it. It goes through our clients where Google's
own OpenAI-compatible API puts it; in place of one that was lost Google takes a certain word.

Source: google-genai 3.6.1 (Python), ``types.py``, ``_api_client.py``; https://ai.google.dev/gemini-api/docs/
thought-signatures and /openai; read 2026-11-25.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.protocols.chat import conversation, reading
from gateway.protocols.chat.broken import Broken
from gateway.protocols.chat.conversation import File, Part, Result, Text, Unfit, Use, told
from gateway.protocols.sse import Event

_ROLES = {"user": "user", "assistant": "model"}
_MODES = {"none": "NONE", "required": "ANY", "tool": "ANY"}
_REASONS = {"STOP": "stop", "MAX_TOKENS": "length", "OTHER": "stop", "CONTINUATION": "length"}
_ERRORS = {"RESOURCE_EXHAUSTED": "capacity", "UNAVAILABLE": "capacity", "DEADLINE_EXCEEDED": "timeout"}
_NO_SIGNATURE = "skip_thought_signature_validator"


def body(request: Mapping[str, Any], endpoint: str, *, streamed: bool) -> dict[str, Any]:
    """Write the request; model and stream are in the URL.

    Raises:
        Unfit: a picture by a URL that does not show its type, or another form that the API does not know.
    """
    functions = [
        told(name=tool.name, description=tool.description, parametersJsonSchema=tool.schema)
        for tool in conversation.tools(request)
    ]
    system = [{"text": text} for text in conversation.instructions(request)]
    return told(
        systemInstruction=told(parts=system),
        contents=[
            {"role": _ROLES[turn.role], "parts": _signed([_part(part) for part in turn.parts])}
            for turn in conversation.turns(request)
        ],
        tools=[{"functionDeclarations": functions}] if functions else None,
        toolConfig=_tool_config(request) if functions else None,
        generationConfig=_config(request),
    )


@reading.whole
def completion(answer: Any) -> dict[str, Any]:
    """Read a whole answer."""
    candidate = answer["candidates"][0]
    parts = candidate.get("content", {}).get("parts") or []
    texts = [part["text"] for part in parts if "text" in part and not part.get("thought")]
    thoughts = [part["text"] for part in parts if "text" in part and part.get("thought")]
    calls = _calls(parts, answer.get("responseId", ""), 0)
    choice = reading.choice(texts, thoughts, calls, _reason(candidate["finishReason"], bool(calls)))
    return {"choices": [choice], "usage": _usage(answer.get("usageMetadata") or {})}


@reading.pieces
def chunks(events: Iterator[Event]) -> Iterator[dict[str, Any]]:
    """Read a stream; its last candidate has a reason to finish, and its last event the counts of tokens."""
    usage: dict[str, Any] = {}
    reason, begun, silent = "", 0, True
    for event in events:
        said = reading.decoded(event)
        _refuse(said)
        usage = said.get("usageMetadata") or usage
        candidate = (said.get("candidates") or [{}])[0]
        parts = candidate.get("content", {}).get("parts") or []
        silent = silent and not parts
        for part in parts:
            if part.get("text"):
                yield reading.delta(**{_side(part): part["text"]})
        for call in _calls(parts, said.get("responseId", ""), begun):
            yield reading.delta(tool_calls=[{"index": begun, **call}])
            begun += 1
        reason = candidate.get("finishReason") or reason
    yield reading.delta(reason=_ended(reason, called=begun > 0, silent=silent))
    yield {"choices": [], "usage": _usage(usage)}


def _part(part: Part) -> dict[str, Any]:
    match part:
        case Text(text):
            return {"text": text}
        case File(_, media_type, data, ""):
            return {"inlineData": {"mimeType": media_type, "data": data}}
        case File(_, "", _, _):
            raise Unfit("takes pictures by URL only where the URL ends in .png, .jpg, .webp or .gif")
        case File(_, media_type, _, url):
            return {"fileData": {"fileUri": url, "mimeType": media_type}}
        case Use(called, name, arguments, extra):
            signature = (extra.get("google") or {}).get("thought_signature")
            call = {"id": called, "name": name, "args": arguments}
            return {"functionCall": call, **told(thoughtSignature=signature)}
        case Result(called, name, parts):
            if not all(isinstance(each, Text) for each in parts):
                raise Unfit("takes results of tools as text only")
            output = "".join(each.text for each in parts if isinstance(each, Text))
            return {"functionResponse": {"id": called, "name": name, "response": {"output": output}}}


def _signed(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """See that the first call of a turn has a signature; those beside it have none."""
    first = next((part for part in parts if "functionCall" in part), {})
    if first:
        first.setdefault("thoughtSignature", _NO_SIGNATURE)
    return parts


def _tool_config(request: Mapping[str, Any]) -> dict[str, Any] | None:
    kind, name = conversation.tool_choice(request)
    mode = told(mode=_MODES.get(kind), allowedFunctionNames=[name] if name else None)
    return {"functionCallingConfig": mode} if mode else None


def _config(request: Mapping[str, Any]) -> dict[str, Any]:
    form, described = conversation.answer_form(request)
    return told(
        temperature=request.get("temperature"),
        topP=request.get("top_p"),
        maxOutputTokens=conversation.most_tokens(request),
        stopSequences=conversation.stops(request),
        seed=request.get("seed"),
        presencePenalty=request.get("presence_penalty"),
        frequencyPenalty=request.get("frequency_penalty"),
        responseMimeType="application/json" if form != "text" else None,
        responseJsonSchema=described.get("schema"),
        thinkingConfig=told(thinkingLevel=(request.get("reasoning_effort") or "").upper()),
    )


def _side(part: Mapping[str, Any]) -> str:
    return "reasoning_content" if part.get("thought") else "content"


def _calls(parts: list[dict[str, Any]], answer_id: str, begun: int) -> list[dict[str, Any]]:
    """Read calls; one without an id gets one of the answer's and its number."""
    found = [part for part in parts if "functionCall" in part]
    return [_call(part, f"call_{answer_id}_{begun + index}") for index, part in enumerate(found)]


def _call(part: dict[str, Any], own_id: str) -> dict[str, Any]:
    asked, signature = part["functionCall"], part.get("thoughtSignature")
    call = reading.call(asked["name"], asked.get("id") or own_id, asked.get("args"))
    return call | ({"extra_content": {"google": {"thought_signature": signature}}} if signature else {})


def _reason(finish_reason: str, called: bool) -> str:
    if finish_reason == "STOP" and called:
        return "tool_calls"
    return _REASONS.get(finish_reason, "content_filter")


def _ended(reason: str, *, called: bool, silent: bool) -> str:
    """Say why a stream ended; one that was blocked before its first word is a refusal, not an answer."""
    if not reason:
        raise reading.cut_off()
    word = _reason(reason, called)
    if word == "content_filter" and silent:
        raise Broken(reason, "the answer was blocked", "moderation")
    return word


def _refuse(said: Mapping[str, Any]) -> None:
    """Raise what stands in a stream in place of an answer."""
    if error := said.get("error"):
        raise Broken(error["status"], error.get("message", ""), _ERRORS.get(error["status"], "transient"))
    if blocked := (said.get("promptFeedback") or {}).get("blockReason"):
        raise Broken(blocked, "the prompt was blocked", "moderation")


def _usage(counts: Mapping[str, Any]) -> dict[str, Any]:
    """Count: thoughts are told beside the answer, and what came from a cache is part of the prompt."""
    heard = counts.get("promptTokensDetails") or []
    audio = sum(each.get("tokenCount", 0) for each in heard if each.get("modality") == "AUDIO")
    thoughts = counts.get("thoughtsTokenCount") or 0
    return reading.usage(
        counts.get("promptTokenCount") or 0,
        counts.get("cachedContentTokenCount") or 0,
        (counts.get("candidatesTokenCount") or 0) + thoughts,
        reasoning=thoughts,
        prompt_audio=audio,
    )
