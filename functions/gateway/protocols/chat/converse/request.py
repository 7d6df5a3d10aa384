"""A request of Bedrock's Converse.

Files go inline, so a picture must come as a data: URL. A schema goes into the API's output format.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from gateway.protocols.chat import conversation
from gateway.protocols.chat.conversation import told
from gateway.protocols.chat.part import File, Part, Result, Text, Use
from gateway.protocols.chat.unfit import Unfit


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
