"""A request of Google's generateContent."""

from collections.abc import Mapping
from typing import Any

from gateway.protocols.chat import conversation
from gateway.protocols.chat.conversation import told
from gateway.protocols.chat.part import File, Part, Result, Text, Use
from gateway.protocols.chat.unfit import Unfit

_ROLES = {"user": "user", "assistant": "model"}
_MODES = {"none": "NONE", "required": "ANY", "tool": "ANY"}
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
