"""Rules of parameters that are files: what shape they are written in, and where they may go."""

from collections.abc import Iterator

from infra.compile import vocabulary
from infra.compile.checks.model import models, parameters
from infra.compile.checks.protocol import gaps, offered
from infra.compile.node import Node
from infra.compile.problems import Problem, at, at_key
from infra.compile.whole import Whole

_GAPS = ("url", "base64", "media_type", "file")
_LISTED = ", ".join(f"{{{name}}}" for name in _GAPS)


def of_files(whole: Whole) -> Iterator[Problem]:
    """Only a file has a shape, and only a list has items."""
    for parameter in parameters(whole):
        kind = parameter.at("type").text or "string"
        for key in ("items", "max_items"):
            if parameter.at(key).present and kind != "array":
                yield at_key(parameter.at(key), f"has no meaning for type {kind}", "Use type array.")
        if parameter.at("shape").present and not _medium(parameter):
            way_out = "Use type image, video or audio, or write the `items` of an array."
            yield at_key(parameter.at("shape"), f"has no meaning for type {kind}", way_out)


def in_the_body(whole: Whole) -> Iterator[Problem]:
    """A file goes into the body, or as a URL into the query."""
    for parameter in parameters(whole):
        place = parameter.at("place").text or "body"
        if _medium(parameter) and (place == "url" or (place == "query" and parameter.at("shape").present)):
            yield at(parameter.at("place"), f"a file cannot go into the {place}", "Write `place: body`.")


def filled_shapes(whole: Whole) -> Iterator[Problem]:
    """A shape holds the file, and names nothing that is not filled in."""
    for parameter in parameters(whole):
        shape = parameter.at("shape")
        if shape.present and _medium(parameter):
            yield from _unfilled(shape)


def sent_files(whole: Whole) -> Iterator[Problem]:
    """A part of a form is sent by a protocol that sends forms."""
    for entry, model in models(whole):
        for parameter in model.at("parameters").children.values():
            if parameter.at("shape").text != "{file}":
                continue
            own = parameter.at("operations").texts
            names = {name for operation, name in offered(model).items() if not own or operation in own}
            for name in sorted(names):
                step = entry.at("protocols", name).at("steps").elements[:1]
                if step and step[0].at("encoding").text != "multipart":
                    what = f"is a part of a form, but protocol {name!r} begins with none"
                    yield at(parameter.at("shape"), what, "Write `encoding: multipart` there.")


def _unfilled(shape: Node) -> Iterator[Problem]:
    named: set[str] = set()
    for node in _texts(shape):
        found = gaps(node.text)
        if found is None:
            yield at(node, "has a brace without its partner", "Close it, or double it to mean itself: {{.")
            return
        named |= set(found)
        for name in found:
            if name not in _GAPS:
                yield at(node, f"names {{{name}}}, which nothing fills in", f"Known here: {_LISTED}.")
    if "file" in named and shape.text != "{file}":
        yield at(shape, "has more than the {file}", 'Write "{file}" alone.')
    elif not named & {"url", "base64", "file"} and named <= set(_GAPS):
        yield at(shape, "does not hold the file", "Name {url}, {base64} or {file} in it.")
    elif "media_type" in named and "base64" not in named:
        yield at(
            shape, "names the {media_type} of a file that is not read", "Leave it out, or name {base64}."
        )


def _texts(node: Node) -> Iterator[Node]:
    if node.text:
        yield node
    for child in [*node.children.values(), *node.elements]:
        yield from _texts(child)


def _medium(parameter: Node) -> bool:
    kind = parameter.at("type").text
    return kind in vocabulary.MEDIA or (kind == "array" and parameter.at("items").text in vocabulary.MEDIA)


RULES = (of_files, in_the_body, filled_shapes, sent_files)
