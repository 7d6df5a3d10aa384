"""Tokens: how many of which meter a provider counted, and how many there may be where it told none."""

from collections.abc import Mapping
from typing import Any

from gateway.domain.pricing import TOKEN_CHARACTERS
from gateway.plan import Model

# More than any model takes or says.
MOST = 10**9
_DETAILS = ("prompt_tokens_details", "completion_tokens_details")


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
    """Return a provider's counts if it told any that may be true; details that are none are left out."""
    asked = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    if not isinstance(asked, int) or not 0 <= asked <= MOST:
        return None
    made = _count(usage, "completion_tokens")
    told = {name: each for name, each in usage.items() if name not in _DETAILS or isinstance(each, dict)}
    return {**told, "completion_tokens": made, "total_tokens": _count(usage, "prompt_tokens") + made}


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
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    return value if 0 <= value <= MOST else 0
