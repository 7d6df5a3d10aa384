"""Amazon Bedrock's Converse and ConverseStream.

Files go inline, so a picture must come as a data: URL. A schema goes into the API's output format.

Source: botocore 1.44.5, ``bedrock-runtime`` 2023-09-30 service model, read 2026-11-25.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from gateway.protocols.chat import conversation, reading
from gateway.protocols.chat.broken import Broken
from gateway.protocols.chat.conversation import File, Part, Result, Text, Unfit, Use, told
from gateway.protocols.sse import Event

_REASONS = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}
_ERRORS = {
    "throttlingException": "capacity",
    "serviceUnavailableException": "capacity",
    "validationException": "request",
}


def body(request: Mapping[str, Any], endpoint: str, *, streamed: bool) -> dict[str, Any]:
    """Write the request; model and stream are in the URL.

    Raises:
        Unfit: a file by URL, a JSON mode without schema, or another form that the API does not know.
    """
    return told(
        system=[{"text": text} for text in conversation.instructions(request)],
        messages=[
            {"role": turn.role, "content": [_block(part) for part in turn.parts]}
            for turn in conversation.turns(request)
        ],
        inferenceConfig=told(
            maxTokens=conversation.most_tokens(request),
            temperature=request.get("temperature"),
            topP=request.get("top_p"),
            stopSequences=conversation.stops(request),
        ),
        toolConfig=_tool_config(request),
        outputConfig=told(textFormat=_format(request), effort=request.get("reasoning_effort")),
    )


@reading.whole
def completion(answer: Any) -> dict[str, Any]:
    """Read a whole answer."""
    blocks = answer["output"]["message"]["content"]
    uses = [block["toolUse"] for block in blocks if "toolUse" in block]
    thoughts = [
        block.get("reasoningContent", {}).get("reasoningText", {}).get("text", "") for block in blocks
    ]
    choice = reading.choice(
        [block["text"] for block in blocks if "text" in block],
        [text for text in thoughts if text],
        [reading.call(use["name"], use["toolUseId"], use["input"]) for use in uses],
        _REASONS.get(answer["stopReason"], "stop"),
    )
    return {"choices": [choice], "usage": _usage(answer["usage"])}


@reading.pieces
def chunks(events: Iterator[Event]) -> Iterator[dict[str, Any]]:
    """Read a stream; ``metadata``, with the counts of tokens, comes after ``messageStop``."""
    calls: dict[int, int] = {}
    stopped = False
    for event in events:
        said = _well(event)
        match event.name:
            case "contentBlockStart" if use := said["start"].get("toolUse"):
                index = calls.setdefault(said["contentBlockIndex"], len(calls))
                yield reading.call_begun(index, use["name"], use["toolUseId"])
            case "contentBlockDelta":
                yield from _delta(said["delta"], calls.get(said["contentBlockIndex"], 0))
            case "messageStop":
                stopped = True
                yield reading.delta(reason=_REASONS.get(said["stopReason"], "stop"))
            case "metadata":
                yield {"choices": [], "usage": _usage(said["usage"])}
    if not stopped:
        raise reading.cut_off()


def _well(event: Event) -> dict[str, Any]:
    """Read an event, or raise the exception that it is."""
    said = reading.decoded(event)
    if event.name.endswith("Exception"):
        raise Broken(event.name, said.get("message") or event.name, _ERRORS.get(event.name, "transient"))
    return said


def _delta(said: Mapping[str, Any], call: int) -> Iterator[dict[str, Any]]:
    if said.get("text"):
        yield reading.delta(content=said["text"])
    if thought := said.get("reasoningContent", {}).get("text"):
        yield reading.delta(reasoning_content=thought)
    if arguments := said.get("toolUse", {}).get("input"):
        yield reading.call_goes_on(call, arguments)


def _block(part: Part) -> dict[str, Any]:
    match part:
        case Text(text):
            return {"text": text}
        case File(kind, media_type, data, ""):
            return {kind: {"format": media_type.partition("/")[2], "source": {"bytes": data}}}
        case File():
            raise Unfit("takes pictures as data: URLs only")
        case Use(called, name, arguments):
            return {"toolUse": {"toolUseId": called, "name": name, "input": arguments}}
        case Result(called, _, parts):
            return {"toolResult": {"toolUseId": called, "content": [_block(each) for each in parts]}}


def _tool_config(request: Mapping[str, Any]) -> dict[str, Any] | None:
    kind, name = conversation.tool_choice(request)
    tools = [
        told(
            name=tool.name,
            description=tool.description,
            inputSchema={"json": tool.schema},
            strict=tool.strict,
        )
        for tool in conversation.tools(request)
    ]
    if kind == "none" or not tools:
        if any(isinstance(part, Use) for turn in conversation.turns(request) for part in turn.parts):
            raise Unfit("cannot go on without tools where some were used before")
        return None
    choice = {"required": {"any": {}}, "tool": {"tool": {"name": name}}}.get(kind)
    return told(tools=[{"toolSpec": tool} for tool in tools], toolChoice=choice)


def _format(request: Mapping[str, Any]) -> dict[str, Any] | None:
    form, described = conversation.answer_form(request)
    if form == "json_object":
        raise Unfit("has no response_format json_object, only json_schema")
    if form != "json_schema":
        return None
    schema = msgspec.json.encode(described["schema"]).decode()
    named = told(schema=schema, name=described.get("name"), description=described.get("description"))
    return {"type": "json_schema", "structure": {"jsonSchema": named}}


def _usage(counts: Mapping[str, Any]) -> dict[str, Any]:
    """Count: the API tells of what came from its cache, or went there, beside the other input."""
    cached = counts.get("cacheReadInputTokens") or 0
    prompt = counts["inputTokens"] + (counts.get("cacheWriteInputTokens") or 0) + cached
    return reading.usage(prompt, cached, counts["outputTokens"])
