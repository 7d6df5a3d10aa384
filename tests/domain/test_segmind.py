"""Our jobs in the words of Segmind's SDK."""

from dataclasses import replace

import pytest

from gateway.domain import segmind
from gateway.domain.job import Artifact, Job, moved
from tests.builders import make_job, make_ports

BASE = "https://gw.example.com"


def a_job(*events: str, **changes: object) -> Job:
    """Make a job, and let something happen to it."""
    job = make_job(make_ports({}))
    for number, event in enumerate(events, 1):
        job = moved(job, event, job.created_at + number)
    return replace(job, **changes)


@pytest.mark.parametrize(
    ("events", "status", "http"),
    [
        ((), "QUEUED", 200),
        (("start",), "PROCESSING", 200),
        (("start", "deliver"), "PROCESSING", 200),
        (("start", "deliver", "succeed"), "COMPLETED", 200),
        (("start", "fail"), "FAILED", 422),
        (("cancel",), "FAILED", 422),
        (("expire",), "FAILED", 422),
    ],
)
def test_every_state_has_a_name_that_the_sdk_polls_for(events: tuple[str, ...], status: str, http: int):
    """
    The SDK goes on after COMPLETED and FAILED alone; of those that failed, also the status tells.
    """
    job = a_job(*events)

    assert segmind.state(job, BASE)["status"] == status
    assert segmind.http_status(job) == http
    assert ("error" in segmind.state(job, BASE)) == (status == "FAILED")


def test_a_submit_tells_the_three_urls():
    """
    The SDK wants all of them, absolute.
    """
    job = a_job()

    found = segmind.submitted(job, BASE)

    assert found == {
        "request_id": job.id,
        "status": "QUEUED",
        "poll_url": f"{BASE}/v1/requests/{job.id}",
        "status_url": f"{BASE}/v2/requests/{job.id}/status",
        "response_url": f"{BASE}/v2/requests/{job.id}",
    }


def test_one_file_is_a_url_and_several_are_a_list():
    """
    Before there is one, there is nothing.
    """
    job = a_job("start", "deliver", "succeed")

    outputs = [segmind.result(job, BASE, urls)["output"] for urls in ((), ("a",), ("a", "b"))]

    assert outputs == [None, "a", ["a", "b"]]


def test_headers_tell_cost_time_and_seed_of_what_has_a_price():
    """
    Without a price there is no cost, which is not a cost of nothing.
    """
    done = a_job("start", "deliver", "succeed", seed=7, outputs=(Artifact("k", "image/png", 3, "s"),))

    priced, unpriced = segmind.headers(done), segmind.headers(replace(done, priced=False))

    assert priced == {
        "x-request-id": done.id,
        "x-generation-time": "2.0",
        "x-cost": "0.0",
        "x-seed-value": "7",
    }
    assert "x-cost" not in unpriced


@pytest.mark.parametrize(
    ("code", "status"), [("moderation", 400), ("all_targets_failed", 500), ("input_unreachable", 400)]
)
def test_a_failed_job_is_an_error_by_who_can_mend_it(code: str, status: int):
    """
    The sentence is the job's own.
    """
    found = segmind.failure_of(a_job("start", "fail", error_code=code, error_message="no luck"))

    assert (found.status, str(found)) == (status, "no luck")
