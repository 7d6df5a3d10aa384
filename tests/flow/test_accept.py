"""A request becomes a job, or a clear refusal with nothing stored; quick jobs answer inline."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.errors import CallerError
from gateway.flow import accept
from gateway.flow.settle import settle
from tests.builders import CALLER, answer, hurried, make_job, make_ports, plan_of, shipped_plan, unpriced
from tests.flow import steps
from tests.flow.steps import latest, run_workflow

REFUSED: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "unknown model": ("veo-3", {}, "model_not_found", "Did you mean 'veo-3.1'"),
    "unknown parameter": ("veo-3.1", {"durations": 8}, "unknown_parameter", "Did you mean 'duration'?"),
    "wrong type": (
        "veo-3.1",
        {"duration": "8"},
        "invalid_parameter",
        "duration: must be an integer, not a string",
    ),
    "wrong value": ("veo-3.1", {"duration": 7}, "invalid_parameter", "must be one of 4, 6, 8, not 7"),
    "missing prompt": ("veo-3.1", {"prompt": None}, "missing_parameter", "prompt: is required"),
    "empty prompt": ("veo-3.1", {"prompt": ""}, "invalid_parameter", "prompt: must not be empty"),
    "long prompt": (
        "veo-3.1",
        {"prompt": "x" * 9000},
        "invalid_parameter",
        "has 9000 characters, 8000 are the most",
    ),
    "unknown fallback": ("veo-3.1", {"fallback": ["kling"]}, "model_not_found", "unknown model 'kling'"),
    "unknown byok": ("veo-3.1", {"byok": {"gogle": "k"}}, "invalid_parameter", "unknown provider 'gogle'"),
    "wrong operation": ("veo-3.1", {"operation": "speech"}, "invalid_parameter", "does not serve 'speech'"),
    "too dear": ("veo-3.1", {"max_usd": 0.5, "fallback": []}, "no_target", "above max_usd"),
    "no such region": ("veo-3.1", {"region": "mars"}, "no_target", "not served in region 'mars'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused_with_what_would_work(case: str) -> None:
    """Each mistake has its code and its way out; nothing is stored, nothing sent."""
    model, body, code, text = REFUSED[case]
    ports = make_ports({})

    with pytest.raises(CallerError, match=text.replace("?", r"\?").replace("(", r"\(")) as caught:
        make_job(ports, model, **body)

    assert caught.value.code == code
    assert ports.jobs.items == {}  # type: ignore[attr-defined]


def test_a_jobs_chain_is_frozen_in_the_order_of_its_route() -> None:
    """Cheapest goes by the request's price, sticky by the customer that it names, or else by the key."""
    targets = "[google/gemini-3-pro-image, fal/fal-ai/nano-banana-pro, fal/fal-ai/flux/dev]"
    routes = "version: 1\nmodels:\n" + "".join(
        f"  {word}: {{operations: [text_to_image], targets: {targets}, order: {word}}}\n"
        for word in ("cheapest", "sticky")
    )
    ports = make_ports({}, plan_of(routes))

    cheapest = make_job(ports, "cheapest").chain
    customers = {make_job(ports, "sticky", customer_id=f"c{n}").chain[0].model for n in range(20)}

    assert cheapest[0].model == "fal-ai/flux/dev"
    assert len(customers) == 3
    assert make_job(ports, "sticky").chain == make_job(ports, "sticky", customer_id=CALLER.key_id).chain


def test_a_quick_image_is_answered_inline() -> None:
    """The caller gets the finished picture with its list price; no workflow is started."""
    ports = make_ports({"POST gemini-3-pro-image": [steps.gemini_image()]}, hurried(shipped_plan()))

    job = accept.run(ports, make_job(ports, "nano-banana-pro"), 20, False)

    assert (job.status, job.outputs[0].width) == ("succeeded", 1024)
    assert [line.micros for line in job.lines] == [134_000]
    assert ports.workflow.started == []  # type: ignore[attr-defined]


def test_an_inline_failure_is_handed_over_with_its_trace() -> None:
    """Google is down: the workflow goes on at fal under the same job id."""
    ports = make_ports(
        {"POST gemini-3-pro-image": [steps.FAILED_503], **fal_image()}, hurried(shipped_plan())
    )
    job = make_job(ports, "nano-banana-pro")

    accept.run(ports, job, 20, False)
    ended = run_workflow(ports, latest(ports, job))

    assert ports.workflow.started == [job.id]  # type: ignore[attr-defined]
    assert [a.provider for a in ended.attempts] == ["google", "fal"]
    assert ended.status == "succeeded"


def test_a_video_is_not_waited_for_unless_asked() -> None:
    """A job that usually takes minutes answers at once; its usual time is longer than the wait."""
    ports = make_ports({})
    job = make_job(ports)
    before = ports.now()

    accept.run(ports, job, 20, False)

    assert ports.now() == before


def test_a_caller_who_asks_waits_as_long_as_asked() -> None:
    """With a wait named, the answer comes when the job ends or the time is over."""
    ports = make_ports({})
    before = ports.now()

    accept.run(ports, make_job(ports), 5, True)

    assert 4 < ports.now() - before <= 5


def test_an_own_key_is_sealed_for_its_job_and_goes_to_its_pool_alone() -> None:
    """The caller's Google key reaches Google; fal gets ours; neither the job nor its end shows the key."""
    ports = make_ports({"POST :predictLongRunning": [steps.FAILED_503], **steps.fal_works()})
    job = make_job(ports, byok={"google": "AIza-mine"})

    ended = run_workflow(ports, job)

    sent = {request.url.split("/")[2]: request.headers for request in ports.wire.sent}  # type: ignore[attr-defined]
    assert sent["generativelanguage.googleapis.com"]["x-goog-api-key"] == "AIza-mine"
    assert sent["queue.fal.run"]["Authorization"] == "Key key of sluice/providers/fal"
    assert "AIza-mine" not in repr(job)
    assert ended.byok == {}


def test_an_own_key_is_recorded_at_list_price_and_not_billed() -> None:
    """The trace says what it would cost; the books bill nothing."""
    ports = make_ports(steps.veo_works())
    job = make_job(ports, duration=8, byok={"google": "AIza-mine"})

    ended = run_workflow(ports, job)

    assert sum(line.micros for line in ended.lines) == 3_200_000
    assert ports.ledger.entries == [(job.id, "output_second", 3_200_000, False)]  # type: ignore[attr-defined]


def test_shed_sends_the_caller_away_until_there_is_a_slot() -> None:
    """Six a minute, one at a time, and no patience: the second in a row is told when to come back."""
    providers = "version: 1\nproviders: {google: {secret: g, limits: {rpm: 6}}}"
    target = "operations: [text_to_video], targets: [google/veo-3.1-generate-001]"
    routes = f"version: 1\nmodels: {{v: {{{target}, overflow: shed, max_wait: 5s}}}}"
    ports = make_ports({}, plan_of(routes, providers))
    make_job(ports, "v")

    with pytest.raises(CallerError, match="one is free in 5 s") as caught:
        make_job(ports, "v")

    assert (caught.value.status, caught.value.headers) == (429, {"retry-after": "5"})


def test_divert_goes_to_the_next_target_when_the_first_is_full() -> None:
    """A pool that is far behind is passed over while another one has room."""
    ports = make_ports({**steps.fal_works()})
    job = make_job(ports)
    ports.pacers.arrivals["google#ours#global"] = ports.now() + 500  # type: ignore[attr-defined]

    ended = run_workflow(ports, job)

    assert [a.provider for a in ended.attempts] == ["fal"]


def test_a_providers_retry_after_slows_the_whole_pool() -> None:
    """After a 429 with its delay, the next job of that pool gets a slot behind it."""
    slow = answer({"error": {"code": 429, "message": "m", "details": [{"retryDelay": "17s"}]}}, 429)
    ports = make_ports({"POST :predictLongRunning": [slow], **steps.fal_works()})

    run_workflow(ports, make_job(ports))

    pace_tolerance = 9 * 1.0
    arrival = ports.pacers.arrivals["google#ours#global"]  # type: ignore[attr-defined]
    assert arrival - pace_tolerance - 1_790_000_000 >= 17


def test_an_unpriced_model_says_so() -> None:
    """No price found is no price, not zero."""
    ports = make_ports(steps.fal_works(), unpriced(shipped_plan(), "fal/fal-ai/veo3.1"))

    ended = run_workflow(ports, make_job(ports, "fal/fal-ai/veo3.1", duration=8))

    assert ended.status == "succeeded"
    assert (ended.priced, ended.lines) == (False, ())


def test_a_job_that_lost_its_worker_ends() -> None:
    """The workflow's last resort ends the job with a word for the operator, and charges nothing."""
    ports = make_ports({})
    job = make_job(ports)

    ended = settle(ports, job, lost=True)

    assert (ended.status, ended.error_code) == ("failed", "internal_error")


def test_ending_twice_is_ending_once() -> None:
    """A settled job stays as it is; the books have one entry."""
    ports = make_ports(steps.veo_works())
    ended = run_workflow(ports, make_job(ports, duration=8))

    again = settle(ports, ended)

    assert again == ended
    assert len(ports.ledger.entries) == 1  # type: ignore[attr-defined]


def test_a_key_runs_as_many_jobs_at_once_as_its_tier_allows() -> None:
    """The third of two is refused with nothing stored; when one has ended, there is room again."""
    tiers = "tiers: {pro: {concurrent: 2}}"
    routes = (
        f"version: 1\n{tiers}\nmodels: {{v: {{operations: [text_to_video], targets: [fal/fal-ai/veo3.1]}}}}"
    )
    ports = make_ports(steps.fal_works(), plan_of(routes))
    first = make_job(ports, "v")
    other = replace(ports, random=lambda count: bytes(reversed(range(count))))
    make_job(other, "v")
    third = replace(ports, random=lambda count: bytes(count))

    with pytest.raises(CallerError, match="2 jobs of a key run at once") as caught:
        make_job(third, "v")
    run_workflow(ports, first)

    assert (caught.value.status, caught.value.code) == (429, "too_many_jobs")
    assert len(ports.jobs.items) == 2  # type: ignore[attr-defined]
    assert make_job(third, "v").status == "queued"


def fal_image() -> dict:
    """Script fal's picture."""
    result = answer({"images": [{"url": "https://v3.fal.media/p.png"}]})
    return {
        "POST queue.fal.run": [steps.FAL_ACCEPTED],
        "GET /status": [steps.FAL_DONE],
        "GET requests/r1": [result],
        "GET v3.fal.media": [steps.HttpResponse(200, {}, steps.a_png(1024, 1024))],
    }
