"""What callers saw, as numbers: rows, chains, the verdict."""

from collections import Counter

import pytest

from sluice.drill.course import Phase
from sluice.drill.result import Caller, rows_of, unlucky, verdict_of
from tests.drill.world import CHAIN, T0, caller, course, result

ALL_DOWN = Phase("all down", 10, ("google", "fal"))


@pytest.mark.parametrize(
    ("way", "said"),
    [
        (("google",), "google"),
        (("-google", "fal"), "google -> fal"),
        (("(google)", "fal"), "(google) -> fal"),
        (("-google", "(fal)", "kling"), "google -> (fal) -> kling"),
        (("(google)", "(google)", "-fal", "google"), "(google) -> fal -> google"),
        (("(fal)", "-google"), "google -> (fal)"),
    ],
)
def test_a_way_shows_who_was_tried_and_who_was_passed_over(way: tuple[str, ...], said: str) -> None:
    """
    Passed over is shown where it stands in the chain, once; a target may still be tried when none is left.
    """
    assert caller(T0, *way).way(CHAIN) == said


def test_a_target_that_could_not_carry_the_request_is_no_part_of_the_way() -> None:
    """
    It was skipped for the request's sake, not for its own.
    """
    assert caller(T0, "(kling)", "google").way(CHAIN[:2]) == "google"


def test_a_row_counts_its_own_phase() -> None:
    """
    Times are over those that were served, money and chains over all of the phase.
    """
    calm = [caller(T0 + n, "google", took_s=1 + n) for n in range(4)]
    down = caller(T0 + 10, "-google", "fal", phase=1, usd=None)

    first, second, third, every = rows_of(result(*calm, down))

    assert (first.name, first.callers, first.served, first.answers) == ("calm", 4, 4, {"2xx": 4})
    assert first.waited_s == (pytest.approx(0.1), pytest.approx(0.1))
    assert (first.took_s, first.micros, first.unpriced) == ((2, 4), 2_000_000, 0)
    assert (second.ways, second.unpriced, second.micros) == (Counter({"google -> fal": 1}), 1, 0)
    assert second.waited_s == (pytest.approx(0.2), pytest.approx(0.2))
    assert (third.callers, third.took_s, third.answers) == (0, None, {})
    assert (every.name, every.callers, every.ways.total()) == ("all", 5, 5)


def test_errors_are_counted_by_code_wherever_they_came_from() -> None:
    """
    A refusal at the door, no answer at all, a job that failed.
    """
    callers = (
        Caller(T0, 0, 429, {}, "rate_limited"),
        Caller(T0, 0, 0, {}, "no_answer"),
        caller(T0, "-google"),
    )

    row = rows_of(result(*callers))[0]

    assert row.answers == {"429": 1, "other": 1, "2xx": 1}
    assert row.errors == {"rate_limited": 1, "no_answer": 1, "all_targets_failed": 1}
    assert (row.failed, row.served, row.waiting) == (3, 0, 0)


def test_a_billed_call_counts_where_its_caller_asked() -> None:
    """
    A caller of the calm was started in the next phase, once at each of two providers; strangers do not count.
    """
    late, next_ = caller(T0 + 9.95, "-google", "fal"), caller(T0 + 10.5, "google", phase=1)
    billed = (("fal", T0 - 1), ("google", T0 + 10.06), ("fal", T0 + 10.16), ("google", T0 + 10.61))

    rows = rows_of(result(late, next_, billed=billed))

    assert [row.billed for row in rows] == [2, 1, 0, 3]


def test_the_verdict_when_all_were_served() -> None:
    found = result(caller(T0, "google"), caller(T0 + 11, "-google", "fal", phase=1))

    assert verdict_of(found) == "Every caller was served: 2 of 2."
    assert unlucky(found) == ([], [])


def test_the_verdict_names_errors_that_need_not_have_been() -> None:
    found = result(caller(T0, "google"), caller(T0 + 11, "-google", "-fal", phase=1))

    assert verdict_of(found) == "1 of 2 callers saw an error: all_targets_failed 1."
    assert len(unlucky(found)[0]) == 1


def test_an_error_while_nobody_was_left_is_no_fault_of_the_chain() -> None:
    """
    It is told, and does not count as avoidable.
    """
    found = result(
        caller(T0, "google"), caller(T0 + 11, "-fal", phase=1), of=course(Phase("calm", 10), ALL_DOWN)
    )

    avoidable, lonely = unlucky(found)
    assert (len(avoidable), len(lonely)) == (0, 1)
    assert verdict_of(found) == (
        "1 of 2 callers were served; none saw an error while a provider was left. "
        "While none was left, 1 saw one: all_targets_failed 1."
    )


def test_the_verdict_of_a_drill_that_was_cut_short() -> None:
    found = result(caller(T0, "google"), Caller(T0 + 1, 0), cut=True)

    assert verdict_of(found) == (
        "1 of 2 callers were served; none saw an error while a provider was left. "
        "1 still waited when it was cut short."
    )
