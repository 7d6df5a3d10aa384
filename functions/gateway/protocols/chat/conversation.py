"""A conversation as the families besides ours want it: instructions apart, turns that alternate.

What a family cannot carry is ``Unfit``: its target is passed over, and the reason says why.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)(?:;[\w=.+-]+)*;base64,", re.ASCII)
_TURNS = {"user": "user", "tool": "user", "assistant": "assistant"}
_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
}


class Unfit(ValueError):
    """A request that a family has no words for; the text goes on after its name, as in ``takes no audio``."""


@dataclass(frozen=True, slots=True)
class Text:
    """What was said."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class File:
    """A picture or a sound, as base64 or by its URL; a URL's type is known by its ending only."""

    kind: str
    media_type: str
    base64: str = field(default="", repr=False)
    url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Use:
    """A call of a tool that the model asked for; ``extra`` is what its provider wants to have back."""

    id: str
    name: str
    arguments: dict[str, Any] = field(repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool gave back; its name is that of the call with the same id."""

    id: str
    name: str
    parts: tuple["Text | File", ...] = field(repr=False)


Part = Text | File | Use | Result


@dataclass(frozen=True, slots=True)
class Turn:
    """All that one side says before it is the other's turn; results of tools come from the user's side."""

    role: str
    parts: tuple[Part, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may call."""

    name: str
    description: str
    schema: dict[str, Any] = field(repr=False)
    strict: bool | None = None


def instructions(request: Mapping[str, Any]) -> list[str]:
    """Return what system and developer say, wherever they say it."""
    told = (each for each in request["messages"] if each["role"] in ("system", "developer"))
    return [part.text for each in told for part in _parts(each.get("content")) if isinstance(part, Text)]


def turns(request: Mapping[str, Any]) -> list[Turn]:
    """Return the turns; neighbours of the same side are one, and a turn without content is none."""
    names: dict[str, str] = {}
    found: list[Turn] = []
    for message in request["messages"]:
        role = _TURNS.get(message["role"])
        parts = tuple(_said(message, names)) if role else ()
        if not role or not parts:
            continue
        if found and found[-1].role == role:
            found[-1] = Turn(role, found[-1].parts + parts)
        else:
            found.append(Turn(role, parts))
    return found


def tools(request: Mapping[str, Any]) -> list[Tool]:
    """Return the functions that the request offers."""
    offered = [each.get("function") for each in request.get("tools") or []]
    if not all(isinstance(each, dict) for each in offered):
        raise Unfit("takes no tools but functions")
    return [
        Tool(
            each["name"],
            each.get("description") or "",
            each.get("parameters") or {"type": "object", "properties": {}},
            each.get("strict"),
        )
        for each in offered
    ]


def tool_choice(request: Mapping[str, Any]) -> tuple[str, str]:
    """Return ``auto``, ``none``, ``required`` or ``tool``, and that one tool's name."""
    asked = request.get("tool_choice") or "auto"
    if isinstance(asked, str):
        return asked, ""
    name = (asked.get("function") or {}).get("name")
    if not name:
        raise Unfit(f"takes no tool_choice of type {asked.get('type')!r}")
    return "tool", name


def answer_form(request: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return ``text``, ``json_object`` or ``json_schema``, and what the request says of that schema."""
    asked = request.get("response_format") or {"type": "text"}
    return asked["type"], asked.get("json_schema") or {}


def most_tokens(request: Mapping[str, Any]) -> int | None:
    """Return how long the answer may be."""
    return request.get("max_completion_tokens") or request.get("max_tokens")


def stops(request: Mapping[str, Any]) -> list[str]:
    """Return the words at which the answer ends."""
    asked = request.get("stop") or []
    return [asked] if isinstance(asked, str) else list(asked)


def written(arguments: object) -> str:
    """Write a call's arguments as the text that our form has for them."""
    return msgspec.json.encode(arguments or {}).decode()


def told(**fields: Any) -> dict[str, Any]:
    """Keep the fields that say something."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}


def _said(message: Mapping[str, Any], names: dict[str, str]) -> Iterator[Part]:
    if message["role"] == "tool":
        called = message["tool_call_id"]
        yield Result(called, names.get(called, ""), tuple(_parts(message.get("content"))))
        return
    yield from _parts(message.get("content"))
    for call in message.get("tool_calls") or []:
        function = call.get("function") or {}
        names[call["id"]] = function.get("name", "")
        extra = call.get("extra_content") or {}
        yield Use(call["id"], names[call["id"]], _arguments(function.get("arguments")), extra)


def _parts(content: str | Iterable[Mapping[str, Any]] | None) -> Iterator[Text | File]:
    if isinstance(content, str) or content is None:
        content = [{"type": "text", "text": content or ""}]
    for part in content:
        found = _part(part)
        if not isinstance(found, Text) or found.text:
            yield found


def _part(part: Mapping[str, Any]) -> Text | File:
    match part["type"]:
        case "text" | "refusal":
            return Text(part[part["type"]])
        case "image_url":
            return _picture(part["image_url"]["url"])
        case "input_audio":
            sound = part["input_audio"]
            return File("audio", f"audio/{sound['format']}", sound["data"])
        case other:
            raise Unfit(f"takes no content of type {other!r}")


def _picture(url: str) -> File:
    if found := _DATA_URL.match(url):
        return File("image", found[1].lower(), url[found.end() :])
    if url.startswith("data:"):
        raise Unfit("takes pictures in data: URLs as base64 only")
    ending = url.partition("?")[0].partition("#")[0].rpartition(".")[2].lower()
    return File("image", _TYPES.get(ending, ""), url=url)


def _arguments(text: str | None) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(text or "{}")
    except msgspec.DecodeError:
        found = None
    if not isinstance(found, dict):
        raise Unfit("takes no tool_calls whose arguments are not a JSON object")
    return found
