"""A request as an order: which model and operation it means, and what is made of it."""

import re
from collections.abc import Mapping
from typing import Any

from gateway.domain import request
from gateway.domain.media import MODALITIES
from gateway.plan import Model, Offer, Parameter
from gateway.protocols import mapping
from gateway.wire import Step
from sluice.sandbox import fields, hearing
from sluice.sandbox.job import Order
from sluice.sandbox.media.spec import CONTENT_TYPES, Spec, speech_seconds
from sluice.sandbox.played.entry import Played
from sluice.sandbox.size import image_size, pixels_of, video_size
from sluice.sandbox.wire import Call, Refused, Trouble

Offered = tuple[Model, str, Offer]
ENDPOINT = "{endpoint}"
MOST_S = 60.0
USUAL_S = 5.0


def read(call: Call, played: Played, starts: Mapping[str, Step]) -> Order:
    """Read a call that may be a start of any of these protocols.

    Raises:
        Refused: it names no model of theirs, or lacks what every operation of that model needs.
    """
    meant = [each for each in played.offers(frozenset(starts)) if _names(call, starts, each[2])]
    if not meant:
        raise Refused(Trouble("not_found", "The model does not exist."))
    given = [(_given(call, model, operation), model, operation, offer) for model, operation, offer in meant]
    whole = [each for each in given if not _lacking(each[0], each[1], each[2])]
    if not whole:
        name = _lacking(*given[0][:3])[0]
        raise fields.invalid(name, f"Missing required parameter: {name!r}.")
    facts, model, operation, offer = max(whole, key=lambda each: _files(each[0], each[1], each[2]))
    made = specs(call, model.id, MODALITIES[operation], facts)
    return Order(model.id, made, notes={"protocol": offer.protocol})


def _names(call: Call, starts: Mapping[str, Step], offer: Offer) -> bool:
    """Tell whether a call has an offer's endpoint where its protocol writes it, if it does."""
    step = starts[offer.protocol]
    said = [call.params["endpoint"]] if "endpoint" in call.params else []
    said += [call.headers.get(name.lower(), "") for name, text in step.headers.items() if text == ENDPOINT]
    said += [call.query.get(name, "") for name, text in step.query.items() if text == ENDPOINT]
    said += [mapping.text(mapping.first(call.body, path)) for path in paths_of(step.body, ENDPOINT)]
    return all(word == offer.endpoint for word in said)


def paths_of(tree: Any, text: str, above: str = "") -> list[str]:
    """Return where a skeleton has a text.

    >>> paths_of({"model": "{endpoint}", "input": [{"id": "{job}"}]}, "{job}")
    ['input[0].id']
    """
    if isinstance(tree, dict):
        parts = [(f"{above}.{name}" if above else name, item) for name, item in tree.items()]
    elif isinstance(tree, list):
        parts = [(f"{above}[{index}]", item) for index, item in enumerate(tree)]
    else:
        return [above] if tree == text else []
    return [path for name, item in parts for path in paths_of(item, text, name)]


def _given(call: Call, model: Model, operation: str) -> dict[str, Any]:
    """Read the parameters of an operation under our own names."""
    found = {}
    for name, parameter in request.parameters_of(model, operation).items():
        value = _raw(call, name, parameter)
        if value is not None:
            found[name] = _ours(parameter, value)
    return found


def _raw(call: Call, name: str, parameter: Parameter) -> Any:
    place = parameter.to or name
    if parameter.place == "url":
        return call.params.get(name)
    if parameter.place == "query":
        return call.query.get(place)
    if parameter.place == "none":
        return parameter.default
    upload = next((data for field, data in call.uploads if field in (place, place.removesuffix("[]"))), None)
    return upload if upload is not None else mapping.first(call.body, place.removesuffix("[]"))


def _ours(parameter: Parameter, value: Any) -> Any:
    """Undo the provider's spelling."""
    said = mapping.text(value) if isinstance(value, str | int | float | bool) else ""
    for ours, theirs in parameter.values.items():
        if mapping.text(theirs) == said:
            value = said = ours
    if parameter.form and said:
        before, _, after = parameter.form.partition("{}")
        value = said = said.removeprefix(before).removesuffix(after)
    if parameter.type in ("integer", "number") and re.fullmatch(r"-?\d+(\.\d+)?", said):
        return float(said) if parameter.type == "number" else round(float(said))
    return value


def _lacking(facts: Mapping[str, Any], model: Model, operation: str) -> list[str]:
    known = request.parameters_of(model, operation)
    return [name for name, parameter in known.items() if parameter.required and facts.get(name) in (None, "")]


def _files(facts: Mapping[str, Any], model: Model, operation: str) -> int:
    known = request.parameters_of(model, operation)
    return sum(bool(known[name].medium) for name in facts)


def specs(call: Call, model: str, kind: str, facts: Mapping[str, Any]) -> tuple[Spec, ...]:
    """Describe what is made of facts under our own names; what they leave open is as usual."""
    words = str(facts.get("prompt") or facts.get("text") or "")
    if kind == "text":
        return (hearing.of_url(call, model, str(facts.get("audio"))),)
    seed = fields.seed(facts, model, words)
    asked = str(facts.get("format") or "").replace("jpg", "jpeg")
    if kind == "video":
        size = video_size(str(facts.get("resolution") or "720p"), _ratio(facts, "16:9")) or (1280, 720)
        length_s = min(MOST_S, _number(facts.get("duration"), USUAL_S))
        return (Spec("video", "mp4", call.provider, model, words, seed, *size, duration_s=length_s),)
    if kind == "audio":
        form = asked if CONTENT_TYPES.get(asked, "").startswith("audio/") else "mp3"
        length_s = min(MOST_S, _number(facts.get("duration"), speech_seconds(words)))
        return (Spec("audio", form, call.provider, model, words, seed, duration_s=length_s),)
    form = asked if CONTENT_TYPES.get(asked, "").startswith("image/") else "png"
    width, height = _pixels(facts)
    count = max(1, min(10, round(_number(facts.get("n"), 1))))
    return tuple(
        Spec("image", form, call.provider, model, words, seed + i, width, height) for i in range(count)
    )


def _pixels(facts: Mapping[str, Any]) -> tuple[int, int]:
    if found := pixels_of(str(facts.get("size") or "")):
        return found
    return image_size(str(facts.get("resolution") or "1K"), _ratio(facts, "1:1")) or (1024, 1024)


def _ratio(facts: Mapping[str, Any], usual: str) -> str:
    asked = str(facts.get("aspect_ratio") or usual)
    return asked if ":" in asked else usual


def _number(value: Any, usual: float) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else usual
