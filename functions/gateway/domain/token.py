"""Tokens: how many of which meter a provider counted, and how many there may be where it told none."""

from collections.abc import Mapping
from typing import Any

from gateway.domain.pricing import TOKEN_CHARACTERS
from gateway.plan import Model


def units_of(model: Model, usage: Mapping[str, Any]) -> dict[str, int]:
    """Divide OpenAI's counts into meters: cached and audio tokens are part of what they are counted in.

    What has no price line of its own is counted as the plain tokens that it is.
    """
    told, made = _details(usage, "prompt"), _details(usage, "completion")
    priced = {line.meter for line in model.prices}
    parts = {
        "cached_input_token": min(_count(told, "cached_tokens"), _count(usage, "prompt_tokens")),
        "input_audio_token": _count(told, "audio_tokens"),
        "output_audio_token": _count(made, "audio_tokens"),
    }
    parts = {meter: count for meter, count in parts.items() if meter in priced and count}
    spoken = parts.get("output_audio_token", 0)
    return {
        "input_token": max(0, _count(usage, "prompt_tokens") - sum(parts.values()) + spoken),
        "output_token": max(0, _count(usage, "completion_tokens") - spoken),
        **parts,
    }


def counted(usage: Any) -> dict[str, Any] | None:
    """Return a provider's counts if it told them."""
    if not isinstance(usage, dict) or not isinstance(usage.get("prompt_tokens"), int):
        return None
    made = _count(usage, "completion_tokens")
    return {**usage, "completion_tokens": made, "total_tokens": _count(usage, "prompt_tokens") + made}


def estimated(asked_characters: int, made_characters: int) -> dict[str, Any]:
    """Return OpenAI's counts as they may be, from the lengths of texts."""
    asked, made = (-(-count // TOKEN_CHARACTERS) for count in (asked_characters, made_characters))
    return {
        "prompt_tokens": asked,
        "completion_tokens": made,
        "total_tokens": asked + made,
        "estimated": True,
    }


def _details(usage: Mapping[str, Any], of: str) -> Mapping[str, Any]:
    found = usage.get(f"{of}_tokens_details")
    return found if isinstance(found, dict) else {}


def _count(counts: Mapping[str, Any], name: str) -> int:
    value = counts.get(name)
    return max(0, value) if isinstance(value, int) and not isinstance(value, bool) else 0
