"""A request of Anthropic's Messages.

A schema goes into the API's own output format, not into a forced tool: so tools stay free, and the answer is
text. There is no JSON mode without a schema.
"""

from collections.abc import Mapping
from typing import Any

from gateway.protocols.chat import conversation
from gateway.protocols.chat.conversation import told
from gateway.protocols.chat.part import File, Part, Result, Text, Use
from gateway.protocols.chat.unfit import Unfit

# The API wants a limit; thoughts count against it.
MOST_TOKENS = 32_000


def body(request: Mapping[str, Any], endpoint: str, *, streamed: bool) -> dict[str, Any]:
    """Write the request.

    Raises:
        Unfit: a sound, a JSON mode without schema, or another form that the API does not know.
    """
    tools = [
        told(name=tool.name, description=tool.description, input_schema=tool.schema, strict=tool.strict)
        for tool in conversation.tools(request)
    ]
    return {
        "model": endpoint,
        "max_tokens": conversation.most_tokens(request) or MOST_TOKENS,
        "messages": [
            {"role": turn.role, "content": [_block(part) for part in turn.parts]}
            for turn in conversation.turns(request)
        ],
        **told(
            system="\n\n".join(conversation.instructions(request)),
            stop_sequences=conversation.stops(request),
            temperature=request.get("temperature"),
            top_p=request.get("top_p"),
            tools=tools,
            tool_choice=_tool_choice(request) if tools else None,
            output_config=told(format=_format(request), effort=request.get("reasoning_effort")),
            stream=streamed or None,
        ),
    }


def _block(part: Part) -> dict[str, Any]:
    match part:
        case Text(text):
            return {"type": "text", "text": text}
        case File("image", media_type, data, url):
            source = {"type": "base64", "media_type": media_type, "data": data}
            return {"type": "image", "source": {"type": "url", "url": url} if url else source}
        case Use(called, name, arguments):
            return {"type": "tool_use", "id": called, "name": name, "input": arguments}
        case Result(called, _, parts):
            return {"type": "tool_result", "tool_use_id": called, "content": [_block(each) for each in parts]}
    raise Unfit("takes no audio")


def _tool_choice(request: Mapping[str, Any]) -> dict[str, Any] | None:
    kind, name = conversation.tool_choice(request)
    alone = True if request.get("parallel_tool_calls") is False and kind != "none" else None
    if kind == "auto" and not alone:
        return None
    return told(type={"required": "any"}.get(kind, kind), name=name, disable_parallel_tool_use=alone)


def _format(request: Mapping[str, Any]) -> dict[str, Any] | None:
    form, described = conversation.answer_form(request)
    if form == "json_object":
        raise Unfit("has no response_format json_object, only json_schema")
    return {"type": "json_schema", "schema": described["schema"]} if form == "json_schema" else None
