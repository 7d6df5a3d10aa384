"""Rules of protocols: every name in a template is there when it is filled in, every wait can end."""

import re
from collections.abc import Iterator
from string import Formatter

from gateway.protocols.auth import SCHEMES
from gateway.protocols.grant import EXCHANGES
from infra.compile import unit, vocabulary
from infra.compile.node import Node
from infra.compile.problems import Problem, at, at_key, looks_secret, show, unknown
from infra.compile.whole import Whole

PATH = re.compile(r"header:[A-Za-z0-9-]+|(?!header:)(?:\[\d*\]|[^.\[\]\s]+)(?:\[\d*\]|\.[^.\[\]\s]+)*")


def filled_templates(whole: Whole) -> Iterator[Problem]:
    """A template names what is kept by an earlier step, or placed in the url by every model that uses it."""
    for entry in whole.providers.values():
        for name, protocol in entry.at("protocols").children.items():
            known = {*vocabulary.TEMPLATE_NAMES, *_placed(entry, name)}
            yield from _unfilled(protocol.at("find", "step"), known)
            for step in protocol.at("steps").elements:
                yield from _unfilled(step, known)
                known |= step.at("keep").children.keys()
            yield from _unfilled(protocol.at("cancel"), known)
            yield from _unfilled(protocol.at("stream"), known)


def filled_auth(whole: Whole) -> Iterator[Problem]:
    """The auth header carries the secret and nothing else, or is made by a scheme that exists."""
    for entry in whole.providers.values():
        scheme, value = entry.at("auth", "scheme"), entry.at("auth", "value")
        if scheme.text and scheme.text not in ("header", *SCHEMES, *EXCHANGES):
            yield at(scheme, *unknown("scheme", scheme.text, ["header", *SCHEMES, *EXCHANGES]))
        elif value.text and not looks_secret(value.text):
            yield from unnamed(value, {"secret"}, 'Write a template, such as "Bearer {secret}".')
            if scheme.text not in SCHEMES and "{secret}" not in value.text:
                yield at(value, "does not name {secret}", 'Write a template, such as "Bearer {secret}".')


def _unfilled(step: Node, known: set[str]) -> Iterator[Problem]:
    named = ", ".join(f"{{{name}}}" for name in sorted(known))
    for node in _templates(step):
        yield from unnamed(node, known, f"Known here: {named}. Keep others in an earlier step.")


def unnamed(node: Node, known: set[str], way_out: str) -> Iterator[Problem]:
    """A template's gaps are of what is known."""
    names = gaps(node.text)
    if names is None:
        yield at(node, "has a brace without its partner", "Close it, or double it to mean itself: {{.")
    for name in names or ():
        if name not in known:
            yield at(node, f"names {{{name}}}, which nothing fills in", way_out)


def gaps(template: str) -> list[str] | None:
    """Return the names of a template's gaps, or nothing when its braces do not pair."""
    try:
        return (
            [name for _, name, _, _ in Formatter().parse(template) if name is not None]
            if "{" in template
            else []
        )
    except ValueError:
        return None


def _templates(step: Node) -> Iterator[Node]:
    yield step.at("url")
    for key in ("headers", "query", "body"):
        yield from leaves(step.at(key))


def leaves(node: Node) -> Iterator[Node]:
    """Go through a tree, from its top."""
    yield node
    for child in [*node.children.values(), *node.elements]:
        yield from leaves(child)


def _placed(entry: Node, protocol: str) -> set[str]:
    """Return what every offer over this protocol places in the url."""
    found = [
        url_names(model, operation)
        for model in entry.at("models").children.values()
        for operation, name in offered(model).items()
        if name == protocol
    ]
    return set.intersection(*found) if found else set()


def url_names(model: Node, operation: str) -> set[str]:
    """Return the names that a model's parameters fill in the url."""
    return {
        name
        for name, parameter in model.at("parameters").children.items()
        if parameter.at("place").value == "url"
        and (not parameter.at("operations").texts or operation in parameter.at("operations").texts)
    }


def offered(model: Node) -> dict[str, str]:
    """Return operation -> name of the protocol."""
    return {
        operation: offer.text or offer.at("protocol").text
        for operation, offer in model.at("offers").children.items()
    }


def ending_waits(whole: Whole) -> Iterator[Problem]:
    """A step that waits has a word that ends the waiting, and words belong to a status."""
    for step in _waiting(whole):
        words, status = step.at("words"), step.at("status")
        states = [word.text for word in words.children.values()]
        if status.text and "done" not in states and set(states) <= set(vocabulary.STATES):
            yield at_key(
                words if words.present else status,
                "has no word for done",
                "Add one, such as `COMPLETED: done`.",
            )
        if words.children and not status.text:
            yield at_key(
                words, "has words, but the step has no 'status' to read them from", "Add `status: <path>`."
            )
        if status.text == "http":
            for word, node in words.children.items():
                if not re.fullmatch(r"[1-5]\d\d", word):
                    yield at_key(
                        node,
                        f"{word!r} is not an HTTP code, and status is http",
                        "Write codes, such as `202: running`.",
                    )


def _waiting(whole: Whole) -> Iterator[Node]:
    for _, protocol in _protocols(whole):
        yield from protocol.at("steps").elements


def whole_steps(whole: Whole) -> Iterator[Problem]:
    """The last step has the outputs, and only the last; who speaks a family's language has none."""
    for _, protocol in _protocols(whole):
        steps = protocol.at("steps").elements
        if protocol.at("family").present:
            continue
        if steps and isinstance(steps[-1].value, dict) and not steps[-1].at("outputs").elements:
            yield at(
                steps[-1], "is the last step and has no outputs", "Add `outputs: [{kind: url, path: ...}]`."
            )
        for step in steps[:-1]:
            if step.at("outputs").elements:
                yield at_key(
                    step.at("outputs"),
                    "are the outputs of a step that is not the last",
                    "Move them to the last step.",
                )


def right_outputs(whole: Whole) -> Iterator[Problem]:
    """An output says where it is, unless it is the whole body."""
    for step in _waiting(whole):
        for output in step.at("outputs").elements:
            kind, path = output.at("kind").value, output.at("path")
            if kind == "bytes" and path.text:
                yield at(path, "has no meaning: for bytes, the body itself is the file", "Remove the path.")
            elif kind in ("url", "base64", "hex", "transcript") and not path.text:
                yield at(output, f"is written as {kind} and has no path", 'Add `path: "data[].url"`.')
            if kind not in ("base64", "hex") and output.at("rate_hz").present:
                yield at_key(output.at("rate_hz"), f"has no meaning for {kind}", "Remove it.")
            if kind != "transcript" and output.at("transcript").present:
                yield at_key(
                    output.at("transcript"), f"has no meaning for {kind}", "Write `kind: transcript`."
                )


def right_bodies(whole: Whole) -> Iterator[Problem]:
    """A body has an encoding, and an encoding has a body that parameters can be put into."""
    for _, protocol in _protocols(whole):
        others = [protocol.at("cancel"), protocol.at("stream"), protocol.at("find", "step")]
        for step in [*protocol.at("steps").elements, *others]:
            body, encoding = step.at("body"), step.at("encoding")
            if encoding.value in (None, "none") and body.value is not None:
                yield at_key(body, "is not sent, because the step has no encoding", "Add `encoding: json`.")
            elif encoding.value in ("json", "multipart") and not isinstance(body.value, dict):
                what = "has nothing to put parameters into: the body is not a mapping"
                yield at(encoding, what, "Add `body: {}`.")


def right_paths(whole: Whole) -> Iterator[Problem]:
    """A path is one."""
    for entry in whole.providers.values():
        rules = entry.at("errors").elements
        nodes = [entry.at("retry_after"), *(rule.at(key) for rule in rules for key in ("path", "unless"))]
        for protocol in entry.at("protocols").children.values():
            find = protocol.at("find")
            steps = [*protocol.at("steps").elements]
            steps += [protocol.at("cancel"), protocol.at("stream"), find.at("step")]
            nodes += [find.at("items"), find.at("match"), *find.at("keep").children.values()]
            nodes += [node for step in steps for node in _paths(step)]
        for node in nodes:
            if node.text and not all(PATH.fullmatch(each) for each in node.text.split("|")):
                yield at(
                    node,
                    f"{show(node.text)} is not a path",
                    "Write keys and indexes: data.items[].url or choices[0].text.",
                )


def _paths(step: Node) -> list[Node]:
    single = [step.at(key) for key in ("status", "progress", "code", "message")]
    outputs = [path for output in step.at("outputs").elements for path in _output_paths(output)]
    return [*single, *outputs, *step.at("keep").children.values(), *step.at("usage").children.values()]


def _output_paths(output: Node) -> list[Node]:
    said = output.at("transcript")
    passages = [node for key in ("segments", "words") for node in said.at(key).children.values()]
    return [output.at("path"), said.at("language"), said.at("duration"), *passages]


def whole_finds(whole: Whole) -> Iterator[Problem]:
    """A lost start is found by a reference that was sent, and gives what its answer would have given."""
    for _, protocol in _protocols(whole):
        find, steps = protocol.at("find"), protocol.at("steps").elements
        if not find.present or not steps:
            continue
        sent = any("reference" in (gaps(node.text) or ()) for node in _templates(steps[0]))
        if not sent:
            yield at_key(
                find,
                "looks for a reference that the first step does not send",
                "Put {reference} into its body.",
            )
        for name in sorted(steps[0].at("keep").children.keys() - find.at("keep").children.keys()):
            yield at_key(
                find.at("keep"), f"does not keep {name!r}, as the first step does", f"Add `{name}: <path>`."
            )


def ordered_deadlines(whole: Whole) -> Iterator[Problem]:
    """Everything together may take at least as long as the start."""
    for _, protocol in _protocols(whole):
        submit, total = (_seconds(protocol.at(key)) for key in ("submit_deadline", "total_deadline"))
        if submit and total and total < submit:
            what = f"{total:g} s for everything is shorter than {submit:g} s for the start"
            yield at(protocol.at("total_deadline"), what, "Write a longer total_deadline.")


def _seconds(node: Node) -> float:
    try:
        return unit.duration_s(node.value)
    except unit.Unreadable:
        return 0


def useful_error_rules(whole: Whole) -> Iterator[Problem]:
    """An error rule looks at something, and values to match have a path."""
    for entry in whole.providers.values():
        for rule in entry.at("errors").elements:
            path, match = rule.at("path"), rule.at("match")
            if match.elements and not path.text:
                yield at_key(
                    match, "has nothing to match: the rule has no path", "Add `path: <where to look>`."
                )
            elif not path.text and not rule.at("status").elements and isinstance(rule.value, dict):
                yield at(rule, "matches every failure", "Add `status`, or `path` and `match`.")


def _protocols(whole: Whole) -> Iterator[tuple[Node, Node]]:
    for entry in whole.providers.values():
        for protocol in entry.at("protocols").children.values():
            yield entry, protocol


RULES = (
    filled_templates,
    filled_auth,
    ending_waits,
    whole_steps,
    right_outputs,
    right_bodies,
    right_paths,
    whole_finds,
    ordered_deadlines,
    useful_error_rules,
)
