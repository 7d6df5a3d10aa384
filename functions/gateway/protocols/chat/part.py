"""What a turn is made of: texts, files, calls of tools and their results, read from our own messages."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from gateway.protocols.chat.unfit import Unfit

_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)(?:;[\w=.+-]+)*;base64,", re.ASCII)
_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
}


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


def said(message: Mapping[str, Any], names: dict[str, str]) -> Iterator[Part]:
    """Read all parts of a message, and note the names of the tools that it calls.

    Args:
        names: the names of tools by the ids of their calls, from earlier messages.
    """
    if message["role"] == "tool":
        called = message["tool_call_id"]
        yield Result(called, names.get(called, ""), tuple(shown(message.get("content"))))
        return
    yield from shown(message.get("content"))
    for call in message.get("tool_calls") or []:
        function = call.get("function") or {}
        names[call["id"]] = function.get("name", "")
        extra = call.get("extra_content") or {}
        yield Use(call["id"], names[call["id"]], _arguments(function.get("arguments")), extra)


def shown(content: str | Iterable[Mapping[str, Any]] | None) -> Iterator[Text | File]:
    """Read a content's texts and files; an empty text is none."""
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
