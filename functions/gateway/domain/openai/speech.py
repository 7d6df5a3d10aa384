"""Speech: ``/v1/audio/speech``."""

from collections.abc import Mapping
from typing import Any

from gateway.domain.openai import field
from gateway.errors import InvalidRequest

NAMES = {"input": "prompt", "response_format": "format", "user": "customer_id"}


def read(given: Mapping[str, Any]) -> dict[str, Any]:
    """Read a call as the body of ``POST /v1/{model}``.

    Raises:
        InvalidRequest: it asks for events, or has no text, or a voice that is none.
    """
    found = field.renamed(given, NAMES)
    field.one_of(found, "stream_format", ("audio",))
    if "prompt" not in found:
        raise InvalidRequest(
            "input: is required, the text to speak.", code="missing_parameter", param="input"
        )
    voice = found.get("voice")
    if isinstance(voice, Mapping):
        if voice.keys() != {"id"}:
            raise field.wrong("voice", "must be a name, or an object that has an 'id'")
        found["voice"] = voice["id"]
    return found
