"""Names of jobs."""

import re

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import identity

# Whole milliseconds from 1970 to the year 9999.
MILLISECONDS = st.integers(0, 253_402_300_799_000)
RANDOM = st.binary(min_size=10, max_size=10)


@given(MILLISECONDS, MILLISECONDS, RANDOM, RANDOM)
def test_names_sort_by_time(one: int, other: int, first: bytes, second: bytes) -> None:
    """
    A later job has a greater name, whatever the random bits are.
    """
    earlier, later = sorted((one, other))
    names = identity.job_id(earlier / 1000, first), identity.job_id((later + 2) / 1000, second)

    assert names == tuple(sorted(names))


@given(MILLISECONDS, RANDOM)
def test_a_name_has_one_form(at: int, random: bytes) -> None:
    """
    Lower case without the letters that look like digits, so that it can be read out and put in a URL.
    """
    assert re.fullmatch(r"gw_[0-7][0-9a-hjkmnp-tv-z]{25}", identity.job_id(at / 1000, random))


@given(RANDOM, RANDOM)
def test_two_jobs_of_one_instant_have_two_names(first: bytes, second: bytes) -> None:
    """
    All 80 random bits are in the name.
    """
    assert (identity.job_id(1, first) == identity.job_id(1, second)) is (first == second)


@given(MILLISECONDS, RANDOM)
def test_an_upload_knows_when_it_was_begun(at: int, random: bytes) -> None:
    """
    The time comes back to the millisecond.
    """
    assert identity.made_at(identity.upload_id(at / 1000, random)) == int(at / 1000 * 1000) / 1000


@given(st.text(max_size=40))
def test_what_is_no_name_has_no_time(text: str) -> None:
    """
    Whatever else is asked about is told from a name, and nothing breaks.
    """
    named = re.fullmatch(r"[a-z]+_[0-7][0-9a-hjkmnp-tv-z]{25}", text)

    assert (identity.made_at(text) is None) is (named is None)
