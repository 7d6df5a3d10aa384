"""Rules of protocols that speak a family's language: chats and embeddings."""

from collections.abc import Iterator

from infra.compile import vocabulary
from infra.compile.checks.model import models
from infra.compile.checks.protocol import offered
from infra.compile.node import Node
from infra.compile.problems import Problem, at, at_key
from infra.compile.whole import Whole


def one_exchange(whole: Whole) -> Iterator[Problem]:
    """A family's protocol is one POST of JSON, and perhaps another for a stream; only it has one."""
    for entry in whole.providers.values():
        for protocol in entry.at("protocols").children.values():
            family, stream, steps = (
                protocol.at("family"),
                protocol.at("stream"),
                protocol.at("steps").elements,
            )
            if not family.present:
                if stream.present:
                    yield at_key(stream, "streams what no family reads", "Add `family: openai`.")
                continue
            for step in steps[1:]:
                yield at(step, "is a second step, and a family speaks in one", "Remove it.")
            for step in [*steps[:1], *([stream] if stream.present else [])]:
                yield from _posting(step)


def _posting(step: Node) -> Iterator[Problem]:
    if isinstance(step.value, dict) and (step.at("method").value, step.at("encoding").value) != (
        "POST",
        "json",
    ):
        yield at(step, "does not send JSON, as families do", "Write `method: POST` and `encoding: json`.")
    if step.at("outputs").elements:
        yield at_key(step.at("outputs"), "has no meaning: a family's answer is no file", "Remove it.")


def spoken_operations(whole: Whole) -> Iterator[Problem]:
    """Chats and embeddings go over a family's protocol, and nothing else does."""
    for entry, model in models(whole):
        protocols = entry.at("protocols").children
        for operation, name in offered(model).items():
            if name not in protocols or operation not in vocabulary.OPERATIONS:
                continue
            spoken, node = protocols[name].at("family").present, model.at("offers", operation)
            if operation in vocabulary.DIRECT and not spoken:
                yield at_key(node, f"goes over {name!r}, which has no family", "Give it `family: openai`.")
            elif spoken and operation not in vocabulary.DIRECT:
                what = f"goes over {name!r}, whose family is for {' and '.join(vocabulary.DIRECT)}"
                yield at_key(node, what, "Choose another protocol.")


RULES = (one_exchange, spoken_operations)
