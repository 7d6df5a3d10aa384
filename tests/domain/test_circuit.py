"""A circuit leaves a broken target alone, lets one call at a time look again, and closes on success."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import circuit
from gateway.domain.circuit import EMPTY, FAILURES, OPEN_MAX_S, OPEN_S, PROBE_S, Circuit
from gateway.domain.outcome import ERROR_CLASSES

# What callers do, and how long after the one before; whole seconds, so that a bound is a bound.
EVENTS = st.lists(
    st.tuples(st.integers(0, 90), st.sampled_from(["ask", "fail", "fail", "succeed"])), max_size=80
)
TROUBLE = st.lists(st.tuples(st.integers(0, 90), st.sampled_from(["ask", "fail", "fail"])), max_size=80)


def lived(events: list[tuple[int, str]]) -> tuple[Circuit, int, list[tuple[int, str, Circuit, bool]]]:
    """Let events happen from 1000 on; return the circuit, the time, and per event what was found and told."""
    now, present, log = 1000, EMPTY, []
    for pause, event in events:
        now, before, yes = now + pause, present, False
        if event == "ask":
            yes, present = circuit.admits(present, now)
        else:
            present = circuit.failed(present, now) if event == "fail" else circuit.succeeded(present)
        log.append((now, event, before, yes))
    return present, now, log


def opened(now: float = 1000) -> Circuit:
    """Fail as often as it takes."""
    present = EMPTY
    for _ in range(FAILURES):
        present = circuit.failed(present, now)
    return present


@given(EVENTS)
def test_never_two_probes_at_once(events: list[tuple[int, str]]) -> None:
    """
    After a probe nobody else goes until it has reported or its minute is over.
    """
    out_until = 0.0
    for now, event, before, yes in lived(events)[2]:
        if event != "ask":
            out_until = 0
        elif yes and circuit.state(before, now) == "probing":
            assert now >= out_until
            out_until = now + PROBE_S


@given(EVENTS)
def test_an_open_circuit_lets_nobody_through(events: list[tuple[int, str]]) -> None:
    """
    Every call that went, went through a closed circuit or as a probe.
    """
    for now, event, before, yes in lived(events)[2]:
        if event == "ask" and circuit.state(before, now) == "open":
            assert not yes


@given(EVENTS)
def test_a_target_is_always_probed_again(events: list[tuple[int, str]]) -> None:
    """
    Whatever happened, a call goes at the time that is named, at most the longest opening away.
    """
    present, now, _ = lived(events)

    at = circuit.next_probe_at(present, now)

    assert now <= (at or now) <= now + OPEN_MAX_S
    assert circuit.admits(present, at or now)[0]


@given(TROUBLE, st.integers(0, 20), st.integers(0, 5000))
def test_late_news_does_not_put_the_probe_off(events: list[tuple[int, str]], late: int, step: int) -> None:
    """
    Calls from before the opening may fail as long as they like: they move nothing while no probe is out.
    """
    present = opened()
    for n in range(late):
        present = circuit.failed(present, 1000 + n * step)

    assert present == opened()
    assert circuit.admits(present, 1000 + OPEN_S)[0]


@given(EVENTS)
def test_success_closes(events: list[tuple[int, str]]) -> None:
    """
    One success, from whatever state, and all is forgotten.
    """
    present, now, _ = lived(events)

    assert circuit.succeeded(present) == EMPTY
    assert circuit.state(EMPTY, now) == "closed"
    assert circuit.admits(EMPTY, now) == (True, EMPTY)


def test_four_failures_are_not_enough_and_a_success_starts_the_count_anew() -> None:
    """
    Five in a row open.
    """
    present = EMPTY
    for _ in range(FAILURES - 1):
        present = circuit.failed(present, 1000)

    assert circuit.state(present, 1000) == "closed"
    assert circuit.state(circuit.failed(present, 1000), 1000) == "open"
    assert circuit.failed(circuit.succeeded(present), 1000).failures == 1


def test_every_failed_probe_doubles_the_open_time_up_to_ten_minutes() -> None:
    """
    30, 60, 120, 240, 480, 600, 600 seconds.
    """
    present, lengths = opened(), []
    for _ in range(7):
        lengths.append(present.open_until - present.opened_at)
        now = present.open_until
        present = circuit.failed(circuit.admits(present, now)[1], now + 1)

    assert lengths == [30, 60, 120, 240, 480, 600, 600]


def test_a_probe_that_never_reports_is_given_up() -> None:
    """
    A worker that died with the probe does not close the target for ever.
    """
    _, probed = circuit.admits(opened(), 1030)

    assert circuit.admits(probed, 1030 + PROBE_S - 1) == (False, probed)
    assert circuit.admits(probed, 1030 + PROBE_S)[0]


def test_the_state_is_told_with_the_time_of_the_next_probe() -> None:
    """
    What health shows: open until, probe due, probe out until, closed.
    """
    down = opened()
    _, probed = circuit.admits(down, 1040)
    seen = [(down, 1029), (down, 1035), (probed, 1041), (EMPTY, 1041)]

    told = [(circuit.state(c, now), circuit.next_probe_at(c, now)) for c, now in seen]

    assert told == [("open", 1030), ("probing", 1035), ("probing", 1100), ("closed", None)]


@pytest.mark.parametrize("error", ERROR_CLASSES)
def test_only_the_targets_own_trouble_counts(error: str) -> None:
    """
    A prompt that was refused or a wrong key says nothing about the target.
    """
    assert circuit.counts(error) == (error in {"transient", "timeout", "capacity"})


def test_examples_are_true() -> None:
    """
    What a docstring shows is what happens.
    """
    assert doctest.testmod(circuit).failed == 0
