"""Rules of a provider's models: their parameters, and how they reach the provider."""

import re
from collections.abc import Iterator

from infra.compile import vocabulary
from infra.compile.checks import value
from infra.compile.checks.protocol import gaps, offered
from infra.compile.node import Node
from infra.compile.problems import Problem, at, at_key, show, unknown
from infra.compile.whole import Whole

_TO = re.compile(r"[^.\[\]\s]+(?:\[\d+\])*(?:\.[^.\[\]\s]+(?:\[\d+\])*)*(?:\[\])?")


def known_protocols(whole: Whole) -> Iterator[Problem]:
    """An offer names a protocol of its provider."""
    for entry, model in models(whole):
        protocols = entry.at("protocols").children
        for operation, name in offered(model).items():
            if name and name not in protocols:
                offer = model.at("offers", operation)
                node = offer if offer.text else offer.at("protocol")
                yield at(node, *unknown("protocol", name, protocols))


def legal_defaults(whole: Whole) -> Iterator[Problem]:
    """A default is a value that the parameter takes."""
    for parameter in parameters(whole):
        default = parameter.at("default")
        fault = value.fault(parameter, default.plain()) if default.value is not None else None
        if fault:
            yield at(default, *fault)


def typed_enums(whole: Whole) -> Iterator[Problem]:
    """What may be chosen has the parameter's type."""
    for parameter in parameters(whole):
        kind = parameter.at("type").text or "string"
        for item in parameter.at("enum").elements:
            if kind in vocabulary.TYPES and not value.is_a(kind, item.plain()):
                quoted = (
                    f'Quote it: "{show(item.value)}".' if kind == "string" else f"Write one of type {kind}."
                )
                yield at(item, f"{show(item.value)} is not of type {kind}", quoted)


def possible_ranges(whole: Whole) -> Iterator[Problem]:
    """A minimum is not above its maximum, and ranges belong to numbers."""
    for parameter in parameters(whole):
        least, most = value.number(parameter.at("minimum")), value.number(parameter.at("maximum"))
        if least is not None and most is not None and least > most:
            yield at(parameter.at("minimum"), f"{least:g} is above the maximum {most:g}", "Exchange them.")
        kind = parameter.at("type").text or "string"
        for key, kinds in _RANGED.items():
            if parameter.at(key).value is not None and kind not in kinds and kind in vocabulary.TYPES:
                yield at_key(
                    parameter.at(key), f"has no meaning for type {kind}", f"Use type {' or '.join(kinds)}."
                )


_RANGED = {
    "minimum": ("integer", "number"),
    "maximum": ("integer", "number"),
    "max_length": ("string",),
}


def right_places(whole: Whole) -> Iterator[Problem]:
    """A parameter goes to a place that exists."""
    for parameter in parameters(whole):
        to, place = parameter.at("to"), parameter.at("place").value or "body"
        if to.text and place == "none":
            yield at(to, "has no meaning: place is none, so it is not sent", "Remove one of them.")
        elif to.text and place == "url":
            yield at(to, "has no meaning: the url names a parameter by our own name", "Remove it.")
        elif to.text and place == "body" and not _TO.fullmatch(to.text):
            yield at(to, f"{show(to.text)} is not a path into a body", "Write it like input.items[0].text.")
        elif to.text and place == "query" and not re.fullmatch(r"[\w$.\[\]-]+", to.text):
            yield at(to, f"{show(to.text)} is not a name in a query", "Write one word.")


def own_places(whole: Whole) -> Iterator[Problem]:
    """Two parameters of one operation do not overwrite each other."""
    for _, model in models(whole):
        seen: dict[tuple[str, str], list[Node]] = {}
        for name, parameter in model.at("parameters").children.items():
            place = parameter.at("place").value or "body"
            others = seen.setdefault((str(place), parameter.at("to").text or name), [])
            clash = next((other for other in others if _together(other, parameter)), None)
            adds = parameter.at("to").text.endswith("[]")
            if clash is not None and place != "none" and not adds:
                what = f"goes to the same place as {clash.path[-1]!r}"
                yield at_key(parameter, what, "Give one of them another `to`, or other `operations`.")
            others.append(parameter)


def _together(one: Node, other: Node) -> bool:
    mine, theirs = set(one.at("operations").texts), set(other.at("operations").texts)
    return not mine or not theirs or bool(mine & theirs)


def filled_urls(whole: Whole) -> Iterator[Problem]:
    """A parameter in the url always has a value, and some url of its protocols names it."""
    for entry, model in models(whole):
        named = {name for url in _urls(entry, model) for name in gaps(url) or ()}
        for name, parameter in model.at("parameters").children.items():
            if parameter.at("place").value != "url":
                continue
            if named and name not in named:
                what = f"is url, but no url of its protocols names {{{name}}}"
                yield at(parameter.at("place"), what, "Name it there.")
            if parameter.at("default").value is None and parameter.at("required").value is not True:
                what = "is placed in the url and may be absent"
                yield at_key(parameter, what, "Give it a default, or write `required: true`.")


def _urls(entry: Node, model: Node) -> Iterator[str]:
    for name in set(offered(model).values()):
        for step in entry.at("protocols", name).at("steps").elements:
            yield step.at("url").text


def sent_parameters(whole: Whole) -> Iterator[Problem]:
    """A protocol whose steps all send no body takes no parameters there."""
    for entry, model in models(whole):
        for name in sorted(set(offered(model).values())):
            steps = entry.at("protocols", name).at("steps").elements
            silent = bool(steps) and all(step.at("encoding").value in (None, "none") for step in steps)
            sent = _first_sent(model) if silent else None
            if sent:
                what = f"sends no body and no query, but {sent!r} of model {model.path[-1]!r} goes there"
                yield at(steps[0], what, "Add `encoding: json` and `body: {}`.")


def _first_sent(model: Node) -> str | None:
    parameters = model.at("parameters").children.items()
    return next((name for name, p in parameters if p.at("place").value in (None, "body", "query")), None)


def own_operations(whole: Whole) -> Iterator[Problem]:
    """A parameter belongs to operations that the model offers."""
    for _, model in models(whole):
        offers = offered(model)
        for parameter in model.at("parameters").children.values():
            for node in parameter.at("operations").elements:
                if node.text in vocabulary.OPERATIONS and node.text not in offers and offers:
                    what = f"the model does not offer {node.text!r}"
                    yield at(node, what, f"Offered: {', '.join(sorted(offers))}.")


def used_spellings(whole: Whole) -> Iterator[Problem]:
    """Other spellings are of values that can be asked for, and a form has a gap to fill."""
    for parameter in parameters(whole):
        allowed = choices(parameter)
        for name, node in parameter.at("values").children.items():
            if allowed and name not in allowed:
                yield at_key(node, *unknown("value", name, allowed))
        form = parameter.at("form")
        if form.text and gaps(form.text) != [""]:
            yield at(
                form, f"{show(form.text)} does not hold the value once", 'Write it as {}, such as "{}s".'
            )


def choices(parameter: Node) -> list[str]:
    """Return what may be chosen, as text; nothing when anything may."""
    if parameter.at("type").value == "boolean":
        return ["true", "false"]
    return [spelling(item) for item in parameter.at("enum").elements]


def spelling(node: Node) -> str:
    """Return a scalar as it was written."""
    return node.text or show(node.plain())


def models(whole: Whole) -> Iterator[tuple[Node, Node]]:
    """Yield every model beside its provider's entry."""
    for entry in whole.providers.values():
        for model in entry.at("models").children.values():
            yield entry, model


def parameters(whole: Whole) -> Iterator[Node]:
    """Yield every parameter as it is written: what many models have from one template, once."""
    seen: set[int] = set()
    for _, model in models(whole):
        for parameter in model.at("parameters").children.values():
            if id(parameter) not in seen:
                seen.add(id(parameter))
                yield parameter


def written_formats(whole: Whole) -> Iterator[Problem]:
    """A transcript is written here, so it comes in our own formats, whatever the provider has."""
    for entry, model in models(whole):
        names = set(offered(model).values())
        last = [step for name in names for step in entry.at("protocols", name).at("steps").elements[-1:]]
        kinds = {output.at("kind").text for step in last for output in step.at("outputs").elements}
        for item in model.at("parameters", "format", "enum").elements if "transcript" in kinds else ():
            if item.text not in vocabulary.TRANSCRIPTS:
                yield at(item, *unknown("format of a transcript", item.text, vocabulary.TRANSCRIPTS))


RULES = (
    known_protocols,
    legal_defaults,
    typed_enums,
    possible_ranges,
    right_places,
    own_places,
    filled_urls,
    sent_parameters,
    own_operations,
    used_spellings,
    written_formats,
)
