"""Messages and tools as callers write them, checked as far as every provider would refuse them.

A part of a message that is no text, such as ``image_url``, is named by its type: a model declares under that
name how many it takes.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any

from gateway.domain import media
from gateway.domain.request import kind_of
from gateway.errors import InvalidRequest

ROLES = ("system", "developer", "user", "assistant", "tool")
# Types of parts that a model takes only where it says so.
MEDIA_PARTS = ("image_url", "input_audio", "file")
PARTS = {
    "system": ("text",),
    "developer": ("text",),
    "user": ("text", *MEDIA_PARTS),
    "assistant": ("text", "refusal"),
    "tool": ("text",),
}
MOST_TOOLS = 128
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_IMAGE = re.compile(r"https://|data:image/")
_PICTURE = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,")
_FORMAT = re.compile(r"[a-z0-9]{2,8}")
# Letters of base64 that tell what a file is.
_HEAD = 400


def checked(given: Any) -> list[dict[str, Any]]:
    """Check a conversation, and write ``developer`` as ``system``, which every provider knows.

    Raises:
        InvalidRequest: something is wrong with it; ``param`` says where.
    """
    if not isinstance(given, list) or not given:
        what = "is empty" if given == [] else f"must be a list of messages, not {kind_of(given)}"
        raise wrong("messages", f"{what}; the least is one with the role 'user'")
    return [message(f"messages[{index}]", each) for index, each in enumerate(given)]


def message(at: str, given: Any) -> dict[str, Any]:
    """Check one message; ``at`` is its place in the body.

    Raises:
        InvalidRequest: something is wrong with it; ``param`` says where.
    """
    found = _object(at, given)
    role = found.get("role")
    if role not in ROLES:
        raise wrong(f"{at}.role", f"must be one of {', '.join(ROLES)}, not {_shown(role)}")
    content = found.get("content")
    if content is None:
        if role != "assistant" or not (found.get("tool_calls") or found.get("refusal")):
            raise wrong(f"{at}.content", "is required; only an assistant's message with tool calls has none")
    elif not isinstance(content, str):
        _check_parts(f"{at}.content", content, PARTS[role])
    if role == "tool" and not _text(found.get("tool_call_id")):
        raise wrong(f"{at}.tool_call_id", "is required: the id of the call that this is the result of")
    if found.get("tool_calls") is not None:
        _check_calls(f"{at}.tool_calls", role, found["tool_calls"])
    return found | ({"role": "system"} if role == "developer" else {})


def media_in(messages: list[dict[str, Any]]) -> dict[str, int]:
    """Count the parts that are no text, by their type."""
    parts = [part for each in messages if isinstance(each.get("content"), list) for part in each["content"]]
    counts = {kind: sum(part["type"] == kind for part in parts) for kind in MEDIA_PARTS}
    return {kind: count for kind, count in counts.items() if count}


def flag(body: Mapping[str, Any], name: str, within: str = "") -> bool:
    """Read a field that is true or false; where it is absent, false.

    Raises:
        InvalidRequest: it is neither; the error names it as part of ``within``.
    """
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise wrong(f"{within}{name}", f"must be true or false, not {kind_of(value)}")
    return bool(value)


def characters(value: Any) -> int:
    """Count the characters of all texts in a value, but for its form; a file within it is no text."""
    if isinstance(value, str):
        return 0 if value.startswith("data:") else len(value)
    if isinstance(value, Mapping):
        return sum(characters(each) for name, each in value.items() if name not in ("role", "type"))
    return sum(characters(each) for each in value) if isinstance(value, list | tuple) else 0


def check_tools(parameters: Mapping[str, Any]) -> None:
    """Check the tools, and the choice among them.

    Raises:
        InvalidRequest: one is none, or the choice names one that is not there.
    """
    tools = parameters.get("tools")
    choice = parameters.get("tool_choice")
    if tools is None:
        if choice not in (None, "none", "auto"):
            raise wrong("tool_choice", "chooses among tools, and 'tools' is absent")
        return
    if not isinstance(tools, list) or not 1 <= len(tools) <= MOST_TOOLS:
        raise wrong("tools", f"must be a list of 1 to {MOST_TOOLS} tools, not {_counted(tools)}")
    names = [_tool(f"tools[{index}]", each) for index, each in enumerate(tools)]
    _check_choice(choice, names)


def check_format(given: Any) -> None:
    """Check ``response_format``.

    Raises:
        InvalidRequest: it is none.
    """
    at = "response_format"
    kind = _object(at, given).get("type")
    if kind not in ("text", "json_object", "json_schema"):
        raise wrong(f"{at}.type", f"must be text, json_object or json_schema, not {_shown(kind)}")
    if kind == "json_schema":
        schema = _object(f"{at}.json_schema", given.get("json_schema"))
        _named(f"{at}.json_schema.name", schema.get("name"))
        _schema(f"{at}.json_schema.schema", schema.get("schema"))


def wrong(param: str, what: str) -> InvalidRequest:
    """Say what is wrong with a part of the body."""
    return InvalidRequest(f"{param}: {what}.", code="invalid_parameter", param=param)


def _check_parts(at: str, parts: Any, known: tuple[str, ...]) -> None:
    if not isinstance(parts, list) or not parts:
        what = "is an empty list" if parts == [] else f"not {kind_of(parts)}"
        raise wrong(at, f"must be a text or a list of parts; it is {what}")
    for index, each in enumerate(parts):
        here = f"{at}[{index}]"
        kind = _object(here, each).get("type")
        if kind not in known:
            raise wrong(f"{here}.type", f"must be one of {', '.join(known)}, not {_shown(kind)}")
        if kind == "image_url":
            _check_image(f"{here}.image_url", each.get("image_url"))
        elif kind == "input_audio":
            _check_sound(f"{here}.input_audio", each.get("input_audio"))
        elif kind in ("text", "refusal"):
            if not isinstance(each.get(kind), str):
                raise wrong(f"{here}.{kind}", f"must be a string, not {kind_of(each.get(kind))}")
        else:
            _object(f"{here}.{kind}", each.get(kind))


def _check_image(at: str, given: Any) -> None:
    url = _object(at, given).get("url")
    if not isinstance(url, str) or not _IMAGE.match(url):
        raise wrong(f"{at}.url", "must be an https URL, or the image itself as data:image/...;base64,...")
    known = _PICTURE.match(url)
    if known and not _is(url[known.end() :], "image"):
        raise wrong(
            f"{at}.url", "is no picture: its bytes are not those of a PNG, JPEG, GIF or WebP in base64"
        )


def _check_sound(at: str, given: Any) -> None:
    """Check a sound; which formats there are is its provider's to say, but a WAV or MP3 must be one."""
    sound = _object(at, given)
    form, data = sound.get("format"), sound.get("data")
    if not isinstance(form, str) or not _FORMAT.fullmatch(form):
        raise wrong(f"{at}.format", f"must be a format such as wav or mp3, not {_shown(form)}")
    if not isinstance(data, str) or not data:
        raise wrong(f"{at}.data", "is required: the sound in base64")
    if form in ("wav", "mp3") and not _is(data, "audio"):
        raise wrong(f"{at}.data", "is no sound: its bytes are not those of a WAV or MP3 file in base64")


def _is(text: str, modality: str) -> bool:
    """Tell whether base64 begins like a file of a modality."""
    try:
        head = base64.b64decode(text[:_HEAD], validate=True)
    except ValueError:
        return False
    return media.is_of(media.sniff(head), modality)


def _check_calls(at: str, role: str, calls: Any) -> None:
    if role != "assistant":
        raise wrong(at, f"belongs to an assistant's message, not to a {role}'s")
    if not isinstance(calls, list) or not calls:
        raise wrong(at, f"must be a list of calls, not {_counted(calls)}")
    for index, each in enumerate(calls):
        here = f"{at}[{index}]"
        if not _text(_object(here, each).get("id")):
            raise wrong(f"{here}.id", "is required: the id that the model gave the call")
        function = _object(f"{here}.function", each.get("function"))
        _named(f"{here}.function.name", function.get("name"))
        if not isinstance(function.get("arguments"), str):
            raise wrong(f"{here}.function.arguments", "must be a string of JSON, as the model wrote it")


def _tool(at: str, given: Any) -> str:
    tool = _object(at, given)
    if tool.get("type") != "function":
        raise wrong(f"{at}.type", f"must be 'function', not {_shown(tool.get('type'))}")
    function = _object(f"{at}.function", tool.get("function"))
    name = _named(f"{at}.function.name", function.get("name"))
    if function.get("parameters") is not None:
        _schema(f"{at}.function.parameters", function["parameters"])
    return name


def _schema(at: str, given: Any) -> None:
    """Check a JSON Schema as far as its shape goes: of an object, whose properties are schemas."""
    schema = _object(at, given)
    if schema and schema.get("type", "object") != "object":
        raise wrong(f"{at}.type", f"must be 'object', not {_shown(schema.get('type'))}")
    properties = _object(f"{at}.properties", schema.get("properties") or {})
    for name, each in properties.items():
        if not isinstance(each, dict | bool):
            raise wrong(f"{at}.properties.{name}", f"must be a JSON Schema, not {kind_of(each)}")
    required = schema.get("required") or []
    if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
        raise wrong(f"{at}.required", "must be a list of names")


def _check_choice(choice: Any, names: list[str]) -> None:
    if choice is None or choice in ("none", "auto", "required"):
        return
    if not isinstance(choice, dict):
        raise wrong("tool_choice", f"must be none, auto, required or a function's name, not {_shown(choice)}")
    name = _object("tool_choice.function", choice.get("function")).get("name")
    if name not in names:
        raise wrong("tool_choice.function.name", f"{_shown(name)} is not in 'tools': {', '.join(names[:10])}")


def _object(at: str, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise wrong(at, "is required" if given is None else f"must be an object, not {kind_of(given)}")
    return given


def _named(at: str, given: Any) -> str:
    if not isinstance(given, str) or not _NAME.fullmatch(given):
        raise wrong(at, f"must be 1 to 64 letters, digits, '_' and '-', not {_shown(given)}")
    return given


def _text(given: Any) -> bool:
    return isinstance(given, str) and bool(given)


def _shown(given: Any) -> str:
    """Show a word that was given; anything longer may be the caller's own words."""
    if given is None:
        return "absent"
    return repr(given) if isinstance(given, str) and len(given) <= 40 else kind_of(given)


def _counted(given: Any) -> str:
    return f"one of {len(given)}" if isinstance(given, list) else kind_of(given)
