"""OpenAI's Responses, as far as they need no memory: what a request of theirs is as a chat.

Nothing is stored, so nothing that was stored can be named: the whole conversation comes with each request.

Source: openai 3.57.0 (Python), ``types/responses/response_create_params.py``, read 2026-11-25.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.domain import message as messages
from gateway.domain.request import kind_of
from gateway.errors import InvalidRequest

# What asks for something that is kept between requests.
_MEMORY = ("previous_response_id", "conversation", "prompt", "background")
# What OpenAI does with its own caches, queues and limits; an answer is none the worse without it.
_THEIRS = (
    "context_management", "include", "max_tool_calls", "prompt_cache_key", "prompt_cache_options",
    "prompt_cache_retention", "safety_identifier", "service_tier", "store", "stream_options", "truncation",
)  # fmt: skip
# Where something is in a chat -> where it is in a request.
_PLACES = {
    r"response_format(?:\.json_schema)?": "text.format",
    r"max_tokens": "max_output_tokens",
    r"reasoning_effort": "reasoning.effort",
    r"verbosity": "text.verbosity",
    r"(tools\[\d+\]|tool_choice)\.function": r"\1",
    r"(input\[\d+\])\.tool_calls\[0\]\.function": r"\1",
    r"(input\[\d+\])\.(?:tool_calls\[0\]\.id|tool_call_id)": r"\1.call_id",
}
_PARTS = {"input_text": "text", "output_text": "text", "text": "text", "refusal": "refusal"}


def chat_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Write the body of the chat that a request asks for; what it does not read here is passed on.

    Raises:
        InvalidRequest: it names something that would have to be stored, or an item that is none.
    """
    _refuse_memory(body)
    read = ("input", "instructions", "max_output_tokens", "text", "reasoning", "tools", "tool_choice")
    rest = {name: value for name, value in body.items() if name not in (*read, *_THEIRS, *_MEMORY)}
    told = {"role": "system", "content": body.get("instructions")}
    form = _object("text", body.get("text"))
    fields = {
        "max_tokens": body.get("max_output_tokens"),
        "response_format": _format(form.get("format")),
        "verbosity": form.get("verbosity"),
        "reasoning_effort": _object("reasoning", body.get("reasoning")).get("effort"),
        "tools": _tools(body.get("tools")) or None,
        "tool_choice": _choice(body.get("tool_choice")),
        "stream_options": {"include_usage": True} if body.get("stream") else None,
    }
    said = ([told] if told["content"] else []) + _messages(body.get("input"))
    return {**rest, "messages": said, **{name: each for name, each in fields.items() if each is not None}}


def in_its_words(error: InvalidRequest) -> InvalidRequest:
    """Say where in a request something is wrong that was found in its chat."""
    at = error.param or ""
    for place, here in _PLACES.items():
        found, times = re.subn(rf"^{place}(?=$|[.\[])", here, at)
        if times:
            text = str(error).removeprefix(f"{at}: ")
            return InvalidRequest(f"{found}: {text}", code=error.code, param=found)
    return error


def _refuse_memory(body: Mapping[str, Any]) -> None:
    for name in _MEMORY:
        if body.get(name):
            raise _stateless(name)
    if body.get("store"):
        raise _stateless("store")


def _stateless(param: str) -> InvalidRequest:
    return InvalidRequest(
        f"{param}: asks for what was stored, and responses are stateless here. Send the whole conversation "
        "as 'input', with 'store' false or absent.",
        code="stateless",
        param=param,
    )


def _messages(given: Any) -> list[dict[str, Any]]:
    """Write the messages; calls that follow one another, or an assistant's words, are of one message."""
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    if not isinstance(given, list) or not given:
        what = "is empty" if given == [] else f"must be a text or a list of items, not {kind_of(given)}"
        raise _wrong("input", what)
    told: list[dict[str, Any]] = []
    for at, item in ((f"input[{index}]", item) for index, item in enumerate(given)):
        for each in _said(at, _object(at, item)):
            message = messages.message(at, each)
            calls = message.get("tool_calls")
            if calls and told and told[-1]["role"] == "assistant":
                told[-1]["tool_calls"] = told[-1].get("tool_calls", []) + calls
            else:
                told.append(message)
    return told


def _said(at: str, item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Write an item as a message; thoughts of an earlier answer are none."""
    match item.get("type", "message"):
        case "message":
            yield {"role": item.get("role"), "content": _content(f"{at}.content", item.get("content"))}
        case "function_call":
            function = {"name": item.get("name"), "arguments": item.get("arguments")}
            extra = {"extra_content": item["extra_content"]} if item.get("extra_content") else {}
            call = {"id": item.get("call_id"), "type": "function", "function": function, **extra}
            yield {"role": "assistant", "content": None, "tool_calls": [call]}
        case "function_call_output":
            output = _content(f"{at}.output", item.get("output"))
            yield {"role": "tool", "tool_call_id": item.get("call_id"), "content": output}
        case "reasoning":
            pass
        case "item_reference":
            raise _stateless(at)
        case other:
            known = "message, function_call, function_call_output, reasoning"
            raise _wrong(f"{at}.type", f"must be one of {known}, not {_shown(other)}")


def _content(at: str, given: Any) -> Any:
    if not isinstance(given, list):
        return given
    return [_part(f"{at}[{index}]", _object(f"{at}[{index}]", part)) for index, part in enumerate(given)]


def _part(at: str, part: Mapping[str, Any]) -> dict[str, Any]:
    kind = part.get("type")
    if isinstance(kind, str) and kind in _PARTS:
        return {"type": _PARTS[kind], _PARTS[kind]: part.get(_PARTS[kind])}
    if kind in ("input_image", "input_file") and part.get("file_id"):
        raise _stateless(f"{at}.file_id")
    if kind == "input_image":
        detail = {"detail": part["detail"]} if part.get("detail") else {}
        return {"type": "image_url", "image_url": {"url": part.get("image_url"), **detail}}
    if kind == "input_audio":
        return {"type": "input_audio", "input_audio": part.get("input_audio")}
    raise _wrong(
        f"{at}.type", f"must be one of {', '.join(_PARTS)}, input_image, input_audio, not {_shown(kind)}"
    )


def _tools(given: Any) -> list[dict[str, Any]]:
    """Write the tools; only functions are called by the caller, and ours calls none."""
    tools = given or []
    if not isinstance(tools, list):
        raise _wrong("tools", f"must be a list, not {kind_of(tools)}")
    return [_tool(f"tools[{index}]", _object(f"tools[{index}]", tool)) for index, tool in enumerate(tools)]


def _tool(at: str, tool: Mapping[str, Any]) -> dict[str, Any]:
    if tool.get("type") != "function":
        raise _wrong(f"{at}.type", f"must be 'function', not {_shown(tool.get('type'))}")
    names = ("name", "description", "parameters", "strict")
    return {
        "type": "function",
        "function": {name: tool[name] for name in names if tool.get(name) is not None},
    }


def _choice(given: Any) -> Any:
    if isinstance(given, dict) and given.get("type") == "function":
        return {"type": "function", "function": {"name": given.get("name")}}
    return given


def _format(given: Any) -> dict[str, Any] | None:
    form = _object("text.format", given)
    if form.get("type") != "json_schema":
        return form or None
    return {
        "type": "json_schema",
        "json_schema": {name: each for name, each in form.items() if name != "type"},
    }


def _object(at: str, given: Any) -> dict[str, Any]:
    if given is not None and not isinstance(given, dict):
        raise _wrong(at, f"must be an object, not {kind_of(given)}")
    return given or {}


def _shown(given: Any) -> str:
    """Show a word that was given; anything longer may be the caller's own words."""
    return repr(given) if isinstance(given, str) and len(given) <= 40 else kind_of(given)


def _wrong(param: str, what: str) -> InvalidRequest:
    return InvalidRequest(f"{param}: {what}.", code="invalid_parameter", param=param)
