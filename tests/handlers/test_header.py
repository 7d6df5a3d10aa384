"""How long callers wait, as they say it in ``Prefer``."""

import pytest

from gateway.errors import InvalidRequest
from gateway.handlers._header import patience

SAID = {
    "nothing": ("", 20, ""),
    "a wait": ("wait=7", 7, "wait=7"),
    "no wait": ("wait=0", 0, "wait=0"),
    "more than the most": ("wait=26", 25, "wait=25"),
    "far more": ("wait=" + "9" * 5000, 25, "wait=25"),
    "at once": ("respond-async", 0, "respond-async"),
    "both": ("wait=10, respond-async", 0, "respond-async"),
    "others": ('return=minimal, foo="a, wait=3", WAIT = "8" ; bar=1', 8, "wait=8"),
    "twice": ("wait=4,wait=9", 4, "wait=4"),
    "unknown alone": ("handling=lenient", 20, ""),
}


@pytest.mark.parametrize("case", SAID)
def test_a_preference_is_carried_out_as_far_as_it_goes(case: str) -> None:
    """What is carried out is told; what is unknown is ignored."""
    said, wait_s, applied = SAID[case]

    found = patience({"headers": {"Prefer": said}})

    assert (found.wait_s, found.applied, found.named) == (wait_s, applied, bool(applied))
    assert found.headers == ({"preference-applied": applied} if applied else {})


@pytest.mark.parametrize("value", ["ten", "-1", "1.5", "", "+3", "٣", "1e3"])
def test_a_wait_that_is_no_number_of_seconds_is_refused(value: str) -> None:
    """The refusal names the header, what would do and what was found."""
    with pytest.raises(InvalidRequest, match=r"^Prefer: wait must be whole seconds from 0 to 25") as caught:
        patience({"headers": {"prefer": f"wait={value}"}})

    assert (caught.value.status, caught.value.code) == (400, "invalid_header")
    assert caught.value.param == "Prefer"
