"""What a chat model would say: the same for the same conversation and seed, in the words of no provider.

It calls a tool when it must, or when the last words name one; its arguments come from the schema and from
what was said. Asked for JSON, it writes some that fits. Dialects put this into their own form.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any

from sluice.sandbox.figment import made_up

# Characters of several bytes are among them, so that a cut can fall into one.
WORDS = (
    *("the", "lighthouse", "keeper", "counts", "waves", "—", "naïve", "gulls", "drift", "over", "a", "café"),
    *("where", "“north”", "means", "home", "and", "every", "storm", "ends", "quiet", "blue", "hour", "señor"),
)
USUAL_WORDS = 24
IMAGE_TOKENS = 85
# From here on the beginning of a conversation counts as cached.
CACHED_FROM = 1024


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that is called, with arguments as JSON."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Speech:
    """What was said.

    Args:
        tokens: the text in pieces, which joined are the text.
        finish: stop, length or tool_calls.
    """

    tokens: tuple[str, ...]
    calls: tuple[ToolCall, ...]
    finish: str
    prompt_tokens: int
    cached_tokens: int

    @property
    def text(self) -> str:
        """All that was said."""
        return "".join(self.tokens)

    @property
    def completion_tokens(self) -> int:
        """How much that is; a call's arguments count as text does."""
        return len(self.tokens) + sum(tokens_in(call.arguments) + 4 for call in self.calls)


def speak(body: Mapping[str, Any], choice: int = 0) -> Speech:
    """Answer a conversation in OpenAI's form.

    Args:
        choice: which of several answers.
    """
    messages = [message for message in body["messages"] if isinstance(message, Mapping)]
    said = text_of(messages[-1]) if messages else ""
    heard = sum(tokens_in(text_of(each)) + 3 + IMAGE_TOKENS * images_in(each) for each in messages)
    cached = heard // CACHED_FROM * CACHED_FROM if heard > CACHED_FROM else 0
    seed = sha256(json.dumps([messages, body.get("seed"), choice], sort_keys=True).encode()).hexdigest()
    calls = _calls(body, messages, said, seed)
    if calls:
        return Speech((), calls, "tool_calls", heard, cached)
    tokens, finish = _bounded(_text(body, messages, said, seed), body)
    return Speech(tokens, (), finish, heard, cached)


def text_of(message: Mapping[str, Any]) -> str:
    """Return a message's words."""
    content = message.get("content")
    parts = content if isinstance(content, list) else [{"text": content}]
    return " ".join(str(part["text"]) for part in parts if isinstance(part, Mapping) and part.get("text"))


def images_in(message: Mapping[str, Any]) -> int:
    """Count a message's pictures."""
    content = message.get("content")
    return sum(part.get("type") == "image_url" for part in content) if isinstance(content, list) else 0


def tokens_in(text: str) -> int:
    """Count a text's tokens: four characters each."""
    return math.ceil(len(text) / 4)


def vector(text: object, size: int) -> list[float]:
    """Return a direction that belongs to a text: of length 1, the same each time."""
    draw = Random(json.dumps(text))  # noqa: S311  a likeness, not a secret
    values = [draw.gauss(0, 1) for _ in range(size)]
    length = math.sqrt(sum(value * value for value in values))
    return [value / length for value in values]


def _text(body: Mapping[str, Any], messages: Sequence[Mapping[str, Any]], said: str, seed: str) -> str:
    wanted = body.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        return json.dumps(made_up(wanted["json_schema"].get("schema") or {}, said), ensure_ascii=False)
    if wanted.get("type") == "json_object":
        return json.dumps(made_up(_described(said), said), ensure_ascii=False)
    draw = Random(seed)  # noqa: S311  which words, not a secret
    seen = sum(images_in(each) for each in messages)
    looked = f"I see {seen} image{'s' if seen > 1 else ''}. " if seen else ""
    heard = f"You said: {said[:60]} — " if said else ""
    return looked + heard + " ".join(draw.choice(WORDS) for _ in range(USUAL_WORDS)) + "."


def _described(said: str) -> dict[str, Any]:
    """Read the keys of the JSON that somebody asks for in words, where they stand in quotes."""
    names = re.findall(r"[\"'`](\w+)[\"'`]", said) or ["answer"]
    return {"properties": {name: {"type": "string"} for name in names}}


def _bounded(text: str, body: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
    """End a text at a stop word or at its longest."""
    stops = body.get("stop") or []
    for stop in [stops] if isinstance(stops, str) else stops:
        text = text.partition(stop)[0]
    tokens = tuple(re.findall(r"\S+\s*|\s+", text))
    most = body.get("max_completion_tokens") or body.get("max_tokens")
    if isinstance(most, int) and len(tokens) > most:
        return tokens[:most], "length"
    return tokens, "stop"


def _calls(
    body: Mapping[str, Any], messages: Sequence[Mapping[str, Any]], said: str, seed: str
) -> tuple[ToolCall, ...]:
    """Choose tools: the one that must be, any if one must be, else those that the last words name."""
    tools = [tool["function"] for tool in body.get("tools") or []]
    choice = body.get("tool_choice") or "auto"
    if not tools or choice == "none":
        return ()
    if isinstance(choice, dict):
        wanted = [tool for tool in tools if tool["name"] == choice["function"]["name"]]
    else:
        answered = bool(messages) and messages[-1].get("role") == "tool"
        wanted = [] if answered else [tool for tool in tools if _names(said, tool["name"])]
        if choice == "required":
            wanted = wanted or tools[:1]
    if body.get("parallel_tool_calls") is False:
        wanted = wanted[:1]
    return tuple(
        ToolCall(f"call_{seed[:20]}{index:02}", tool["name"], _arguments(tool, said))
        for index, tool in enumerate(wanted)
    )


def _names(said: str, tool: str) -> bool:
    """Tell whether words name a tool, or what it is about."""
    words = {word for word in re.split(r"[_\W]+", tool.lower()) if len(word) > 4}
    return tool.lower() in said.lower() or any(word in said.lower() for word in words)


def _arguments(tool: Mapping[str, Any], said: str) -> str:
    return json.dumps(made_up(tool.get("parameters") or {}, said), ensure_ascii=False)
