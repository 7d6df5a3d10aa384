"""A conversation as the families besides ours want it: instructions apart, turns that alternate."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.protocols.chat.part import Part, Text, said, shown
from gateway.protocols.chat.unfit import Unfit

_TURNS = {"user": "user", "tool": "user", "assistant": "assistant"}


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
    return [part.text for each in told for part in shown(each.get("content")) if isinstance(part, Text)]


def turns(request: Mapping[str, Any]) -> list[Turn]:
    """Return the turns; neighbours of the same side are one, and a turn without content is none."""
    names: dict[str, str] = {}
    found: list[Turn] = []
    for message in request["messages"]:
        role = _TURNS.get(message["role"])
        parts = tuple(said(message, names)) if role else ()
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


def told(**fields: Any) -> dict[str, Any]:
    """Keep the fields that say something."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}
