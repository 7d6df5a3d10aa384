"""The bodies of chats and embeddings: OpenAI's fields, ours and OpenRouter's beside them.

All else is a parameter, which the target must declare. Source of the fields: openai 3.54.0 (Python),
openrouter 1.3.84 (Python), read 2026-11-25.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.domain import body as bodies
from gateway.domain import message
from gateway.domain import wish as wishes
from gateway.domain.message import flag, wrong
from gateway.domain.request import Request, kind_of
from gateway.domain.wish import Wish
from gateway.errors import InvalidRequest

# Fields that belong to jobs whose result is a file.
_OF_FILES = ("webhook_url", "delivery", "operation")
# Read here and not sent; ``store`` says whether OpenAI keeps the answer, which we never do.
_OURS = ("models", "provider", "stream", "stream_options", "user", "store")
# Words of the caller, which are not kept.
_WORDS = ("messages", "tools", "prediction", "input", "response_format")
MOST_INPUTS = 2048


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked call.

    Args:
        request: its parameters are canonical: ``max_tokens``, and how many parts of each medium there are.
        form: of embeddings, ``float`` or ``base64``.
        counted: whether a stream ends with a chunk of its own for the usage.
    """

    request: Request = field(repr=False)
    wish: Wish = field(default_factory=Wish)
    streamed: bool = False
    counted: bool = False
    form: str = "float"


def read_chat(body: Mapping[str, Any]) -> Asked:
    """Read the body of ``POST /v1/chat/completions``.

    Raises:
        InvalidRequest: something is wrong that no target could mend.
    """
    request = _request(body, "chat")
    given = dict(request.parameters)
    if (most := given.pop("max_completion_tokens", None)) is not None:
        given.setdefault("max_tokens", most)
    given["messages"] = message.checked(given.get("messages"))
    _refuse_named(given)
    message.check_tools(given)
    if "response_format" in given:
        message.check_format(given["response_format"])
    if given.get("stop") == []:
        del given["stop"]
    if "stop" in given:
        _check_stop(given["stop"])
    streamed = flag(body, "stream")
    return Asked(
        replace(request, parameters=given | message.media_in(given["messages"])),
        wishes.read(body.get("provider")),
        streamed,
        _counted(body.get("stream_options"), streamed),
    )


def read_embedding(body: Mapping[str, Any]) -> Asked:
    """Read the body of ``POST /v1/embeddings``.

    Raises:
        InvalidRequest: something is wrong that no target could mend.
    """
    request = _request(body, "embedding")
    given = dict(request.parameters)
    _check_input(given.get("input"))
    form = given.pop("encoding_format", "float")
    if form not in ("float", "base64"):
        raise wrong("encoding_format", "must be float or base64")
    return Asked(replace(request, parameters=given), wishes.read(body.get("provider")), form=form)


def kept(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Leave the caller's words out of what is stored, but for how many there are of each."""
    short = {name: value for name, value in parameters.items() if name not in _WORDS}
    lists = {name: parameters[name] for name in _WORDS if name in parameters}
    counts = {name: len(value) if isinstance(value, list) else 1 for name, value in lists.items()}
    return short | counts


def _request(body: Mapping[str, Any], operation: str) -> Request:
    if name := next((name for name in _OF_FILES if body.get(name) is not None), None):
        raise InvalidRequest(
            f"{name}: belongs to jobs whose result is a file; the answer of this call is all there is.",
            code="unknown_parameter",
            param=name,
        )
    model, fallback = _models(body)
    rest = {name: value for name, value in body.items() if name not in _OURS}
    request = bodies.read(rest, model)
    user = body.get("user")
    if user is not None and not isinstance(user, str):
        raise wrong("user", f"must be a string, not {kind_of(user)}")
    return replace(
        request,
        operation=operation,
        fallback=request.fallback if fallback is None else fallback,
        customer_id=request.customer_id or user or None,
    )


def _models(body: Mapping[str, Any]) -> tuple[str, tuple[str, ...] | None]:
    """Return the model and what replaces it; OpenRouter's ``models`` may have both."""
    model, models = body.get("model"), body.get("models")
    if models is not None and not (
        isinstance(models, list) and all(isinstance(m, str) and m for m in models)
    ):
        raise wrong("models", "must be a list of model names")
    if models and body.get("fallback") is not None:
        raise wrong("models", "says what 'fallback' says; give one of them")
    if model is None and models:
        model = models[0]
    if not isinstance(model, str) or not model:
        raise InvalidRequest(
            "model: is required; GET /v1/models lists them.", code="missing_parameter", param="model"
        )
    return model, tuple(name for name in models if name != model) if models else None


def _counted(options: Any, streamed: bool) -> bool:
    if options is None:
        return False
    if not isinstance(options, dict):
        raise wrong("stream_options", f"must be an object, not {kind_of(options)}")
    if not streamed:
        raise wrong("stream_options", "is for streams, and 'stream' is not true")
    return flag(options, "include_usage")


def _refuse_named(given: Mapping[str, Any]) -> None:
    """Refuse names of parts as parameters: they are counted here, and not given."""
    if name := next((name for name in message.MEDIA_PARTS if name in given), None):
        raise InvalidRequest(
            f"{name}: is a part of a message, not a parameter.", code="unknown_parameter", param=name
        )


def _check_stop(given: Any) -> None:
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise wrong("stop", "must be a text or a list of texts")


def _check_input(given: Any) -> None:
    """Check what is to be embedded: a text, texts, tokens, or lists of tokens."""
    if given is None:
        raise InvalidRequest("input: is required.", code="missing_parameter", param="input")
    if isinstance(given, str):
        if not given:
            raise wrong("input", "must not be empty")
        return
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_INPUTS:
        found = f"one of {len(given)}" if isinstance(given, list) else kind_of(given)
        raise wrong("input", f"must be a text, or a list of 1 to {MOST_INPUTS} texts or tokens, not {found}")
    if not (all(map(_is_text, given)) or _are_tokens(given) or all(map(_are_tokens, given))):
        raise wrong("input", "must have texts that are not empty, or tokens, or lists of tokens; not a mix")


def _is_text(given: Any) -> bool:
    return isinstance(given, str) and bool(given)


def _are_tokens(given: Any) -> bool:
    return isinstance(given, list) and bool(given) and all(type(each) is int and each >= 0 for each in given)
