"""An answer in our own form, checked where it comes in, so that nobody behind needs to doubt it.

What some leave out is filled in: an empty end, a call's number; arguments that are no text become one.
"""

from typing import Any

import msgspec

_TEXTS = ("content", "refusal", "reasoning_content")


def checked(answer: dict[str, Any], said: str) -> dict[str, Any]:
    """Return an answer whose choices are what they look like.

    Args:
        said: where a choice's words are: ``message``, or ``delta`` in a stream.

    Raises:
        ValueError, AttributeError, TypeError: they are not.
    """
    for choice in answer.get("choices", ()):
        words = choice[said] = choice.get(said) or {}
        if not all(isinstance(words.get(name) or "", str | list) for name in _TEXTS):
            raise ValueError("a choice's words are no text")
        if not isinstance(choice.get("finish_reason") or "", str):
            raise ValueError("a choice's end is no word")
        for index, call in enumerate(words.get("tool_calls") or ()):
            if said == "delta":
                call.setdefault("index", index)
            _check_call(call)
    return answer


def _check_call(call: dict[str, Any]) -> None:
    function = call.get("function") or {}
    arguments = function.get("arguments")
    if not isinstance(arguments, str | None):
        function["arguments"] = msgspec.json.encode(arguments).decode()
    if not all(isinstance(each or "", str) for each in (call.get("id"), function.get("name"))):
        raise ValueError("a call has no name")
