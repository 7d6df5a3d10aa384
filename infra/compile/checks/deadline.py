"""Rules of a route's deadlines: they fit into each other, and into a function's life."""

from collections.abc import Iterator

from infra.compile import unit
from infra.compile.checks.target import ample
from infra.compile.node import Node
from infra.compile.problems import Problem, at
from infra.compile.whole import Whole, aims

# A start is one call of a function, and no function lives longer than a quarter of an hour.
LONGEST_SUBMIT_S = 600


def ordered_deadlines(whole: Whole) -> Iterator[Problem]:
    """A part takes no longer than all of it."""
    for place in _places(whole):
        total = place.at("total")
        for name in ("submit", "start"):
            part = place.at(name)
            if 0 < _seconds(total) < _seconds(part):
                what = f"{part.text!r} is longer than the {total.text!r} that a target may take all in all"
                yield at(part, what, f"Write a shorter {name}, or a longer total.")


def possible_submits(whole: Whole) -> Iterator[Problem]:
    """A start ends before the function does that sends it."""
    for place in _places(whole):
        submit = place.at("submit")
        if _seconds(submit) > LONGEST_SUBMIT_S:
            yield at(submit, f"{submit.text!r} is longer than 10m", "Write 10m or less.")


def useful_deadlines(whole: Whole) -> Iterator[Problem]:
    """A target's own deadline comes before the job's."""
    for route in whole.listed.values():
        job = whole.policy(route, "deadline")
        for name in ("start", "total"):
            own = route.at("deadlines", name)
            if 0 < _seconds(job) < _seconds(own):
                what = f"{own.text!r} has no effect, because the whole job ends after {job.text!r}"
                yield at(own, what, "Write less, or a longer deadline for the job.", level="warning")


def ample_totals(whole: Whole) -> Iterator[Problem]:
    """A target may take as long as it usually takes."""
    for route in whole.listed.values():
        own = route.at("deadlines", "total")
        total = own if own.present else whole.routes.at("defaults", "deadlines", "total")
        for aim in aims(route):
            yield from ample(whole, aim, total)


def _places(whole: Whole) -> Iterator[Node]:
    for policy in (whole.routes.at("defaults"), *whole.listed.values()):
        yield policy.at("deadlines")


def _seconds(node: Node) -> float:
    try:
        return unit.duration_s(node.value)
    except unit.Unreadable:
        return 0


RULES = (ordered_deadlines, possible_submits, useful_deadlines, ample_totals)
