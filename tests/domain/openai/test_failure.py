"""A job that brings nothing, as the client of a call that waits for it is told."""

from dataclasses import replace

import pytest

from gateway.domain.job import Artifact
from gateway.domain.openai import failure
from tests.builders import make_job, make_ports

JOB = make_job(make_ports({}))


@pytest.mark.parametrize(
    ("status", "code", "answered", "kind"),
    [
        ("failed", "moderation", 400, "invalid_request_error"),
        ("failed", "invalid_request", 400, "invalid_request_error"),
        ("failed", "provider_capacity", 503, "server_error"),
        ("failed", "provider_timeout", 504, "server_error"),
        ("failed", "all_targets_failed", 502, "server_error"),
        ("failed", "internal_error", 500, "server_error"),
        ("expired", "no_slot", 504, "server_error"),
    ],
)
def test_a_failed_job_has_a_status_of_its_own(status: str, code: str, answered: int, kind: str) -> None:
    """Clients do not try again by themselves: the chain was tried, and may have been billed."""
    error = failure.of(replace(JOB, status=status, error_code=code, error_message="why"))

    assert (error.status, error.code, error.kind, str(error)) == (answered, code, kind, "why")
    assert (error.headers["x-should-retry"], error.job_id) == ("false", JOB.id)


def test_a_canceled_job_is_told_as_such() -> None:
    """It has no error of its own."""
    assert (failure.of(replace(JOB, status="canceled")).status, JOB.error_code) == (409, "")


def test_a_job_that_takes_longer_is_only_sent_for_again_where_that_gets_the_same_one() -> None:
    """Else a second one would be paid."""
    assert [failure.late(JOB, 240, again=again).headers["x-should-retry"] for again in (True, False)] == [
        "true",
        "false",
    ]
    assert JOB.id in str(failure.late(JOB, 240, again=True))


def test_a_result_that_is_too_large_says_where_it_is() -> None:
    """It was paid for, so it is not lost."""
    file = Artifact("k", "image/png", 30_000_000, "0" * 64)

    error = failure.too_large(replace(JOB, outputs=(file,)), 20_000_000)

    assert (error.status, error.code) == (413, "answer_too_large")
    assert f"GET /v1/jobs/{JOB.id}" in str(error)
