"""A drill as it passes, on a stack in memory: nothing stays broken, however it ends."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from sluice.drill.course import Phase
from sluice.drill.result import Caller
from sluice.errors import Refused
from tests.drill.world import DOWN, Stack, course

QUICK = (Phase("calm", 0.1), Phase("google down", 0.1, ("google",)), Phase("google back", 0.1))
RPM = 2400


def test_callers_come_in_every_phase_and_are_seen_through() -> None:
    """
    Forty a second: four a phase; google serves, then fal, then google.
    """
    stack = Stack()
    run = stack.run(course(*QUICK, rpm=RPM))

    run.go()

    found = run.result(cut=False)
    assert [caller.phase for caller in found.callers] == [0] * 4 + [1] * 4 + [2] * 4
    assert [caller.provider for caller in found.callers] == ["google"] * 4 + ["fal"] * 4 + ["google"] * 4
    assert stack.said == ["PUT google", "DELETE google"]
    assert stack.faults == {}


def test_a_fault_ends_by_itself_a_minute_after_its_phase() -> None:
    """
    Whoever kills the drill for good leaves nothing broken either.
    """
    stack, seen = Stack(), list[Any]()

    stack.run(course(*QUICK, rpm=RPM), lambda what, callers: seen.append(dict(stack.faults))).go()

    assert {"google": {**DOWN, "for_s": 60.1}} in seen


def test_ctrl_c_heals_and_keeps_what_there_is() -> None:
    """
    The callers under way are let go.
    """
    stack = Stack(slow=True)

    def interrupt(what: str, callers: list[Caller]) -> None:
        if what == "google down":
            raise KeyboardInterrupt

    run = stack.run(course(*QUICK, rpm=RPM), interrupt)
    with pytest.raises(KeyboardInterrupt):
        run.go()

    found = run.result(cut=True)
    assert stack.faults == {}
    assert [window.phase.name for window in found.windows] == ["calm", "google down"]
    assert found.callers
    assert not any(caller.over for caller in found.callers)


@pytest.mark.parametrize(
    ("door", "answer", "error"),
    [
        (httpx.Response(429, json={"error": {"code": "too_many_jobs"}}), 429, "too_many_jobs"),
        (httpx.Response(502, text="<html>"), 502, "http_502"),
    ],
)
def test_whoever_is_sent_away_at_the_door_saw_an_error(door: httpx.Response, answer: int, error: str) -> None:
    run = Stack(door=door).run(course(QUICK[0], rpm=RPM))

    run.go()

    assert {(c.answer, c.error, c.over) for c in run.result(cut=False).callers} == {(answer, error, True)}


def test_nobody_is_waited_for_for_ever() -> None:
    """
    A job that does not end is given up a little after its deadline.
    """
    run = Stack(slow=True).run(replace(course(QUICK[0], rpm=RPM), patience_s=0))

    run.go()

    assert {caller.error for caller in run.result(cut=False).callers} == {"no_end"}


def test_nobody_loses_two_providers_because_the_second_breaks_early() -> None:
    """
    The next provider breaks only when the callers of the last break have their answer.
    """
    stack, waits = Stack(slow=True), list[str]()
    phases = (*QUICK, Phase("fal down", 0.2, ("fal",)))

    def tell(what: str, callers: list[Caller]) -> None:
        if what.startswith("waiting for callers"):
            waits.append(what)
            assert stack.faults == {}
            stack.slow = False

    stack.run(course(*phases, rpm=RPM), tell).go()

    assert set(waits) == {"waiting for callers before fal down"}
    assert stack.said == ["PUT google", "DELETE google", "PUT fal", "DELETE fal"]


def test_a_sandbox_that_no_longer_heals_is_told_with_the_way_out() -> None:
    """
    The fault's own end is named, and the call that clears it at once.
    """
    stack = Stack(deaf=("DELETE",))

    with pytest.raises(Refused, match=r"google may be broken for 60 s more.*`curl -X DELETE http://sandbox/"):
        stack.run(course(*QUICK, rpm=RPM)).go()


def test_a_fault_of_somebody_else_is_left_alone_and_told() -> None:
    stack = Stack(faults={"fal": DOWN})

    with pytest.raises(
        Refused,
        match=r"^'fal' has a status fault already, which this drill did not set\. Clear it: "
        r"`curl -X DELETE http://sandbox/_sandbox/faults/fal`\.$",
    ):
        stack.sandbox().require_whole(("google", "fal"))


def test_a_provider_that_the_sandbox_does_not_play_is_refused() -> None:
    with pytest.raises(Refused, match=r"^the sandbox does not play 'in-house', so it cannot break it\."):
        Stack().sandbox().require_whole(("google", "in-house"))
