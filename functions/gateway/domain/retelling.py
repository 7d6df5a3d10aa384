"""A chat's chunks told as the events of OpenAI's Responses; a whole answer is told by the last of them.

Source: openai 3.57.0 (Python), ``types/responses/*_event.py``, read 2026-11-25.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

# What ends an answer before its end -> their word for it.
_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}
_PARTS = {"content": "output_text", "refusal": "refusal", "reasoning_content": "reasoning_text"}
_TEXTS = {"output_text": "text", "refusal": "refusal", "reasoning_text": "text"}
_DELTAS = {
    "output_text": "response.output_text",
    "refusal": "response.refusal",
    "reasoning_text": "response.reasoning_text",
}
_ECHOED = (
    "instructions", "max_output_tokens", "metadata", "parallel_tool_calls", "reasoning", "temperature",
    "text", "tool_choice", "tools", "top_p", "user",
)  # fmt: skip
Event = dict[str, Any]


@dataclass(slots=True)
class _Item:
    """An item of the output while it is told."""

    key: tuple[str, int]
    index: int
    shown: dict[str, Any] = field(repr=False)


def started(body: Mapping[str, Any], job_id: str, model: str, created_at: float) -> dict[str, Any]:
    """Return a response to which nothing was said yet."""
    echo = {name: body.get(name) for name in _ECHOED}
    return {
        "id": job_id,
        "object": "response",
        "created_at": int(created_at),
        "status": "in_progress",
        "model": model,
        "output": [],
        "error": None,
        "incomplete_details": None,
        "usage": None,
        "store": False,
        "previous_response_id": None,
        **echo,
        "metadata": echo["metadata"] or {},
        "parallel_tool_calls": echo["parallel_tool_calls"] is not False,
        "text": echo["text"] or {"format": {"type": "text"}},
        "tool_choice": echo["tool_choice"] or "auto",
        "tools": echo["tools"] or [],
    }


def events(response: dict[str, Any], chunks: Iterable[Mapping[str, Any]]) -> Iterator[Event]:
    """Tell a chat's chunks; one with an ``error`` is the last."""
    numbers = count()
    for event in _events(response, chunks):
        yield {"type": event["type"], "sequence_number": next(numbers), **event}


def whole(response: dict[str, Any], completion: Mapping[str, Any]) -> dict[str, Any]:
    """Return the response that a whole answer is."""
    choice = completion["choices"][0]
    calls = [{"index": index, **call} for index, call in enumerate(choice["message"].get("tool_calls") or [])]
    delta = {**choice["message"], "tool_calls": calls}
    said = {
        "choices": [{"delta": delta, "finish_reason": choice["finish_reason"]}],
        "usage": completion["usage"],
    }
    *_, last = _events(response, [said])
    ended: dict[str, Any] = last["response"]
    return ended


def _events(response: dict[str, Any], chunks: Iterable[Mapping[str, Any]]) -> Iterator[Event]:
    output: list[dict[str, Any]] = []
    item: _Item | None = None
    reason, usage, error = "stop", None, None
    yield {"type": "response.created", "response": response}
    yield {"type": "response.in_progress", "response": response}
    for chunk in chunks:
        usage, error = chunk.get("usage") or usage, chunk.get("error")
        for choice in chunk.get("choices") or []:
            reason = choice.get("finish_reason") or reason
            for key, piece in _pieces(choice["delta"]):
                if item is None or item.key != key:
                    yield from _closed(item, output)
                    item = _Item(key, len(output), _begun(f"{response['id']}_{len(output)}", key, piece))
                    yield from _opened(item)
                yield from _gone_on(item, piece)
    yield from _closed(item, output)
    yield _ended(response, output, reason, usage, error)


def _pieces(delta: Mapping[str, Any]) -> Iterator[tuple[tuple[str, int], Any]]:
    """Return what a delta says, each with the item that it belongs to."""
    for name in ("reasoning_content", "content", "refusal"):
        if delta.get(name) and isinstance(delta[name], str):
            yield (_PARTS[name], 0), delta[name]
    for call in delta.get("tool_calls") or []:
        yield ("function_call", call["index"]), call


def _begun(name: str, key: tuple[str, int], piece: Any) -> dict[str, Any]:
    kind, _ = key
    if kind == "function_call":
        function = piece.get("function") or {}
        extra = {"extra_content": piece["extra_content"]} if piece.get("extra_content") else {}
        names = {"call_id": piece.get("id") or f"call_{name}", "name": function.get("name") or ""}
        call = {**names, "arguments": "", **extra}
        return {"id": f"fc_{name}", "type": kind, "status": "in_progress", **call}
    if kind == "reasoning_text":
        return {
            "id": f"rs_{name}",
            "type": "reasoning",
            "status": "in_progress",
            "summary": [],
            "content": [],
        }
    return {
        "id": f"msg_{name}",
        "type": "message",
        "status": "in_progress",
        "role": "assistant",
        "content": [],
    }


def _opened(item: _Item) -> Iterator[Event]:
    kind, _ = item.key
    yield {"type": "response.output_item.added", "output_index": item.index, "item": _copied(item.shown)}
    if kind != "function_call":
        part = {
            "type": kind,
            _TEXTS[kind]: "",
            **({"annotations": [], "logprobs": []} if kind == "output_text" else {}),
        }
        item.shown["content"] = [part]
        yield _of(item, "response.content_part.added", part=dict(part))


def _gone_on(item: _Item, piece: Any) -> Iterator[Event]:
    kind, _ = item.key
    if kind == "function_call":
        if arguments := (piece.get("function") or {}).get("arguments"):
            item.shown["arguments"] += arguments
            yield _of(item, "response.function_call_arguments.delta", delta=arguments)
        return
    item.shown["content"][0][_TEXTS[kind]] += piece
    logprobs: dict[str, Any] = {"logprobs": []} if kind == "output_text" else {}
    yield _of(item, f"{_DELTAS[kind]}.delta", delta=piece, **logprobs)


def _closed(item: _Item | None, output: list[dict[str, Any]]) -> Iterator[Event]:
    if item is None:
        return
    kind, _ = item.key
    if kind == "function_call":
        told = {"arguments": item.shown["arguments"], "name": item.shown["name"]}
        yield _of(item, "response.function_call_arguments.done", **told)
    else:
        part = item.shown["content"][0]
        logprobs: dict[str, Any] = {"logprobs": []} if kind == "output_text" else {}
        yield _of(item, f"{_DELTAS[kind]}.done", **{_TEXTS[kind]: part[_TEXTS[kind]]}, **logprobs)
        yield _of(item, "response.content_part.done", part=dict(part))
    item.shown["status"] = "completed"
    output.append(item.shown)
    yield {"type": "response.output_item.done", "output_index": item.index, "item": item.shown}


def _of(item: _Item, kind: str, **fields: Any) -> Event:
    place = {} if item.key[0] == "function_call" else {"content_index": 0}
    return {"type": kind, "item_id": item.shown["id"], "output_index": item.index, **place, **fields}


def _copied(shown: dict[str, Any]) -> dict[str, Any]:
    """Copy an item that is still going to grow."""
    return {name: list(value) if isinstance(value, list) else value for name, value in shown.items()}


def _ended(
    response: dict[str, Any], output: list[dict[str, Any]], reason: str, usage: Any, error: Any
) -> Event:
    cut = _INCOMPLETE.get(reason)
    status = "failed" if error else ("incomplete" if cut else "completed")
    ended = {
        **response,
        "status": status,
        "output": output,
        "usage": _usage(usage) if usage else None,
        "incomplete_details": {"reason": cut} if status == "incomplete" else None,
        "error": error
        and {"code": error.get("code") or "server_error", "message": error.get("message") or ""},
    }
    return {"type": f"response.{status}", "response": ended}


def _usage(counts: Mapping[str, Any]) -> dict[str, Any]:
    cached = (counts.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    thoughts = (counts.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0
    rest = {name: counts[name] for name in ("cost", "estimated") if name in counts}
    return {
        "input_tokens": counts["prompt_tokens"],
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
        "output_tokens": counts["completion_tokens"],
        "output_tokens_details": {"reasoning_tokens": thoughts},
        "total_tokens": counts["total_tokens"],
        **rest,
    }
