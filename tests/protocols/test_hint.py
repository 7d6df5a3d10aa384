"""How long a provider asks us to stay away, in all the forms that providers write it."""

from dataclasses import replace

import pytest

from gateway.plan import Headroom
from gateway.protocols import hint
from gateway.protocols.http import HttpResponse
from tests.builders import shipped_plan

FAL = replace(shipped_plan().providers["fal"], headroom=Headroom("x-left", "x-reset"), retry_after="wait")
DATE = "Tue, 24 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "body", "pause_s"),
    [
        ({"retry-after": "7"}, {}, 7),
        ({"retry-after": "1.5"}, {}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, {}, 0.25),
        ({"retry-after": "Tue, 24 Nov 2026 10:00:09 GMT", "date": DATE}, {}, 9),
        ({"retry-after": "Tue, 24 Nov 2026 09:59:00 GMT", "date": DATE}, {}, 0),
        ({"retry-after": "Tue, 24 Nov 2026 10:00:09 GMT"}, {}, 0),
        ({}, {"wait": "17s"}, 17),
        ({}, {"wait": 4}, 4),
        ({"x-reset": "1m30s"}, {}, 90),
        ({"x-reset": "20ms"}, {}, 0.02),
        ({"x-reset": "2026-11-24T10:00:30Z", "date": DATE}, {}, 30),
        ({"x-reset": "2026-11-24T10:00:30", "date": DATE}, {}, 30),
        ({"x-reset": "1795514460", "date": DATE}, {}, 60),
        ({"retry-after": "soon"}, {}, None),
        ({"retry-after": "-3"}, {}, None),
        ({}, {}, None),
    ],
)
def test_a_pause_is_read_in_every_form(
    headers: dict[str, str], body: dict[str, object], pause_s: float | None
) -> None:
    """Seconds, milliseconds, dates, durations; in a header or in the body; nonsense is nothing."""
    found = hint.retry_after_s(FAL, HttpResponse(429, headers), body)

    assert found == (None if pause_s is None else pytest.approx(pause_s))


@pytest.mark.parametrize(("left", "pause_s"), [("0", 12), ("1", None), ("", None)])
def test_an_answer_that_took_the_last_call_says_when_there_are_more(left: str, pause_s: float | None) -> None:
    """While calls are left, nothing has to wait."""
    answer = HttpResponse(200, {"x-left": left, "x-reset": "12s"})

    assert hint.exhausted_s(FAL, answer) == pause_s


def test_a_provider_that_names_no_headers_is_not_read() -> None:
    """Headers mean what the provider's entry says, not what they are called."""
    answer = HttpResponse(200, {"x-left": "0", "x-reset": "12s"})

    assert hint.exhausted_s(replace(FAL, headroom=None), answer) is None
