"""Amazon Bedrock: Converse and ConverseStream, with an API key.

Source: botocore 1.44.5, the service model of bedrock-runtime, read 2026-11-25.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

from sluice.sandbox import event_stream, fields, speech
from sluice.sandbox.speech import Speech
from sluice.sandbox.wire import (
    Call,
    Dialect,
    Reply,
    Talk,
    Trouble,
    TroubleKind,
    bearer,
    event_reply,
    json_reply,
)

KNOWN = {
    "additionalModelRequestFields", "additionalModelResponseFieldPaths", "guardrailConfig", "inferenceConfig",
    "messages", "outputConfig", "performanceConfig", "promptVariables", "requestMetadata", "serviceTier",
    "system", "toolConfig",
}  # fmt: skip

TROUBLES: dict[TroubleKind, tuple[int, str]] = {
    "credential": (403, "AccessDeniedException"),
    "bad_key": (403, "AccessDeniedException"),
    "credit": (403, "AccessDeniedException"),
    "forbidden": (403, "AccessDeniedException"),
    "invalid": (400, "ValidationException"),
    "moderation": (400, "ValidationException"),
    "not_found": (404, "ResourceNotFoundException"),
    "expired": (404, "ResourceNotFoundException"),
    "rate": (429, "ThrottlingException"),
    "concurrency": (429, "ThrottlingException"),
    "internal": (500, "InternalServerException"),
    "unavailable": (503, "ServiceUnavailableException"),
    "timeout": (408, "ModelTimeoutException"),
}


REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}


def _trouble(trouble: Trouble, call: Call) -> Reply:
    if trouble.kind == "moderation":
        return _refusal(call)
    status, name = TROUBLES[trouble.kind]
    headers = {"x-amzn-errortype": f"{name}:http://internal.amazon.com/coral/com.amazon.bedrock/"}
    return json_reply(trouble.status or status, {"message": trouble.message}, headers | _headers())


def _converse(call: Call) -> Reply:
    _check(call.body)
    return _whole(speech.speak(_question(call.body)))


def _converse_stream(call: Call) -> Reply:
    _check(call.body)
    return _streamed(tuple(_events(speech.speak(_question(call.body)))))


def _refusal(call: Call) -> Reply:
    """Answer as a guardrail does that stepped in."""
    usage = {"inputTokens": 9, "outputTokens": 0, "totalTokens": 9}
    if not call.path.endswith("-stream"):
        return _answer([], "guardrail_intervened", usage)
    return _streamed(
        (
            event_stream.message("messageStart", {"role": "assistant"}),
            event_stream.message("messageStop", {"stopReason": "guardrail_intervened"}),
            event_stream.message("metadata", {"usage": usage, "metrics": {"latencyMs": 50}}),
        )
    )


def _check(body: Mapping[str, Any]) -> None:
    for name in body:
        if name not in KNOWN:
            raise fields.invalid(name, f"The request has the extraneous key [{name}].")
    if not body.get("messages"):
        raise fields.invalid("messages", "A conversation must start with a user message.")
    wanted: set[str] = set()
    for index, message in enumerate(body["messages"]):
        if message["role"] != ("user", "assistant")[index % 2]:
            text = "A conversation must alternate between user and assistant roles."
            raise fields.invalid("messages", text)
        blocks = message["content"]
        if {block["toolResult"]["toolUseId"] for block in blocks if "toolResult" in block} != wanted:
            text = "Expected toolResult blocks for the toolUse blocks of the previous turn."
            raise fields.invalid("messages", text)
        wanted = {block["toolUse"]["toolUseId"] for block in blocks if "toolUse" in block}
    if any("toolUse" in block for message in body["messages"] for block in message["content"]):
        _need_tools(body)


def _need_tools(body: Mapping[str, Any]) -> None:
    if not body.get("toolConfig"):
        text = "The toolConfig field must be defined when using toolUse and toolResult content blocks."
        raise fields.invalid("toolConfig", text)


def _question(body: Mapping[str, Any]) -> dict[str, Any]:
    """Put a call into OpenAI's form, for our speaker."""
    config = body.get("toolConfig") or {"tools": []}
    specs = [each["toolSpec"] for each in config["tools"]]
    choice = config.get("toolChoice") or {"auto": {}}
    named = {"function": {"name": (choice.get("tool") or {}).get("name")}}
    form = ((body.get("outputConfig") or {}).get("textFormat") or {}).get("structure")
    schema = {"schema": json.loads(form["jsonSchema"]["schema"])} if form else None
    limits = body.get("inferenceConfig") or {}
    return {
        "messages": [_message(each) for each in body["messages"]],
        "max_tokens": limits.get("maxTokens"),
        "stop": limits.get("stopSequences"),
        "tools": [{"function": {"name": s["name"], "parameters": s["inputSchema"]["json"]}} for s in specs],
        "tool_choice": {"auto": "auto", "any": "required", "tool": named}[next(iter(choice))],
        "response_format": schema and {"type": "json_schema", "json_schema": schema},
    }


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    blocks = message["content"]
    role = "tool" if any("toolResult" in block for block in blocks) else message["role"]
    return {"role": role, "content": [_part(block) for block in blocks]}


def _part(block: Mapping[str, Any]) -> dict[str, Any]:
    if block.get("text") == "":
        raise fields.invalid("messages", "The text field in the ContentBlock object is blank.")
    if "image" in block:
        fields.picture_in_base64("messages", block["image"]["source"].get("bytes"))
        return {"type": "image_url"}
    return {"type": "text", "text": block.get("text")}


def _whole(said: Speech) -> Reply:
    return _answer([block for block, _ in _content(said)], REASONS[said.finish], _usage(said))


def _answer(content: list[dict[str, Any]], reason: str, usage: dict[str, int]) -> Reply:
    answer = {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": reason,
        "usage": usage,
        "metrics": {"latencyMs": 50},
    }
    return json_reply(200, answer, _headers(), has_media=True)


def _streamed(pieces: tuple[bytes, ...]) -> Reply:
    return event_reply(pieces, "application/vnd.amazon.eventstream", _headers())


def _events(said: Speech) -> Iterator[bytes]:
    yield event_stream.message("messageStart", {"role": "assistant"})
    for index, (block, deltas) in enumerate(_content(said)):
        place = {"contentBlockIndex": index}
        if use := block.get("toolUse"):
            begun = {"toolUse": {"toolUseId": use["toolUseId"], "name": use["name"]}}
            yield event_stream.message("contentBlockStart", {"start": begun, **place})
        for delta in deltas:
            yield event_stream.message("contentBlockDelta", {"delta": delta, **place})
        yield event_stream.message("contentBlockStop", place)
    yield event_stream.message("messageStop", {"stopReason": REASONS[said.finish]})
    yield event_stream.message("metadata", {"usage": _usage(said), "metrics": {"latencyMs": 50}})


def _content(said: Speech) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Return each block, and the deltas that it is streamed in."""
    if said.tokens:
        yield {"text": said.text}, [{"text": token} for token in said.tokens]
    for call in said.calls:
        whole = call.arguments
        deltas = [{"toolUse": {"input": whole[at : at + 8]}} for at in range(0, len(whole), 8)]
        name = call.id.replace("call", "tooluse")
        yield {"toolUse": {"toolUseId": name, "name": call.name, "input": json.loads(whole)}}, deltas


def _usage(said: Speech) -> dict[str, int]:
    return {
        "inputTokens": said.prompt_tokens - said.cached_tokens,
        "cacheReadInputTokens": said.cached_tokens,
        "outputTokens": said.completion_tokens,
        "totalTokens": said.prompt_tokens + said.completion_tokens,
    }


def _headers() -> dict[str, str]:
    return {"x-amzn-requestid": str(uuid4())}


MODEL = r"/model/(?P<model>[^/]+)/"
BUSY = {"message": "Too many requests, please wait before trying again."}
DIALECT = Dialect(
    name="bedrock",
    key=bearer,
    trouble=_trouble,
    overload=event_stream.message("throttlingException", BUSY, exception=True),
    routes=(Talk(MODEL + "converse", _converse), Talk(MODEL + "converse-stream", _converse_stream)),
)
