"""Rules of price lines: conditions that can hold, and lines that can be reached."""

from collections.abc import Iterator

from infra.compile.checks import value
from infra.compile.checks.model import choices, spelling
from infra.compile.node import Node
from infra.compile.problems import Problem, at, at_key, unknown
from infra.compile.whole import Whole


def known_conditions(whole: Whole) -> Iterator[Problem]:
    """A condition is over a parameter of the model."""
    for model, line in _lines(whole):
        parameters = model.at("parameters").children
        for name, node in line.at("when").children.items():
            if name not in parameters:
                yield at_key(node, *unknown("parameter", name, parameters))


def possible_conditions(whole: Whole) -> Iterator[Problem]:
    """A condition holds for a value that the parameter can have."""
    for model, line in _lines(whole):
        for name, values in line.at("when").children.items():
            parameter = model.at("parameters", name)
            for node in values.elements if parameter.present else ():
                if fault := _impossible(parameter, node):
                    yield at(node, *fault)


def _impossible(parameter: Node, node: Node) -> tuple[str, str] | None:
    allowed = choices(parameter)
    if allowed and spelling(node) not in allowed:
        return unknown(f"value of {parameter.path[-1]}", spelling(node), allowed)
    if value.number(node) is not None and not allowed:
        return value.fault(parameter, node.value)
    return None


def reachable_lines(whole: Whole) -> Iterator[Problem]:
    """No line stands behind one of the same meter that always applies."""
    for _, prices in _price_lists(whole):
        always: dict[str, int] = {}
        for line in prices.elements:
            meter = line.at("meter").text
            if meter in always:
                what = f"never applies: the price of {meter!r} on line {always[meter]} has no condition"
                yield at(line, what, "Put it above that line, or remove one of them.", level="warning")
            if not line.at("when").children and meter:
                always.setdefault(meter, line.mark.line)


def _lines(whole: Whole) -> Iterator[tuple[Node, Node]]:
    for model, prices in _price_lists(whole):
        for line in prices.elements:
            yield model, line


def _price_lists(whole: Whole) -> Iterator[tuple[Node, Node]]:
    for entry in whole.providers.values():
        for model in entry.at("models").children.values():
            yield model, model.at("prices")
        for name, prices in entry.at("prices").children.items():
            yield entry.at("models", name), prices


RULES = (known_conditions, possible_conditions, reachable_lines)
