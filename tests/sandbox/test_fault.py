"""Every kind of fault, where it can hit."""

import time
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import httpx
import pytest

Break = Callable[..., None]
Wait = Callable[..., dict[str, Any]]
Journal = Callable[[], list[dict[str, Any]]]

IMAGE = {"model": "gpt-image-2", "prompt": "a fox", "quality": "low"}
OPENAI = ("/openai/v1/images/generations", IMAGE)
FAL = ("/fal/fal-ai/flux-2-pro", {"prompt": "a fox"})
RUNWAY = ("/runway/v1/text_to_image", {"model": "gen4_image", "promptText": "a fox", "ratio": "1024:1024"})
KLING = ("/kling/v1/images/generations", {"prompt": "a fox", "external_task_id": "mine"})
VEO = (
    "/google/v1beta/models/veo-3.1-generate-preview:predictLongRunning",
    {"instances": [{"prompt": "a fox"}]},
)
GEMINI = (
    "/google/v1beta/models/gemini-3-pro-image:generateContent",
    {"contents": [{"parts": [{"text": "a fox"}]}]},
)


def submit(sandbox: httpx.Client, call: tuple[str, dict[str, Any]]) -> httpx.Response:
    return sandbox.post(call[0], json=call[1])


def completed(answer: dict[str, Any]) -> bool:
    return bool(answer["status"] == "COMPLETED")


@pytest.fixture
def fal_link(sandbox: httpx.Client, wait_for: Wait) -> str:
    """
    Make an image with fal and return its link.
    """
    job = submit(sandbox, FAL).json()
    wait_for(job["status_url"], completed)
    return str(sandbox.get(job["response_url"]).json()["images"][0]["url"])


def test_status_refuses_the_submit_with_a_hint(
    sandbox: httpx.Client, break_: Break, journal: Journal
) -> None:
    """
    A status fault starts nothing, and says when to come again.
    """
    break_("openai", "status", status=503, retry_after=2)

    answer = submit(sandbox, OPENAI)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert journal()[0]["status"] == 503
    assert not journal()[0]["billable_start"]


def test_status_of_google_says_the_delay_in_the_body(sandbox: httpx.Client, break_: Break) -> None:
    """
    Google's 429 carries a RetryInfo.
    """
    break_("google", "status", status=429, retry_after=17)

    error = submit(sandbox, GEMINI).json()["error"]

    assert error["status"] == "RESOURCE_EXHAUSTED"
    assert {detail.get("retryDelay") for detail in error["details"]} == {None, "17s"}


def test_status_hits_polls_when_told_so(sandbox: httpx.Client, break_: Break) -> None:
    """
    A submit passes by a fault of polls.
    """
    break_("fal", "status", status=500, on="poll")

    job = submit(sandbox, FAL)

    assert (job.status_code, sandbox.get(job.json()["status_url"]).status_code) == (200, 500)


def test_count_ends_a_fault(sandbox: httpx.Client, break_: Break) -> None:
    """
    A fault with a count clears itself after that many hits.
    """
    break_("fal", "status", count=2)

    statuses = [submit(sandbox, FAL).status_code for _ in range(3)]

    assert statuses == [503, 503, 200]
    assert sandbox.get("/_sandbox/faults/fal").json()["fault"] is None


def test_a_fault_for_some_time_ends_by_itself(sandbox: httpx.Client, break_: Break) -> None:
    """
    Whoever set it need not come back to clear it.
    """
    break_("fal", "status", for_s=0.2)

    hit = submit(sandbox, FAL).status_code
    time.sleep(0.25)

    assert (hit, submit(sandbox, FAL).status_code) == (503, 200)
    assert sandbox.get("/_sandbox/faults/fal").json()["fault"] is None


def test_rate_hits_some_calls(sandbox: httpx.Client, break_: Break) -> None:
    """
    A fault with a rate hits about that share of the calls.
    """
    break_("fal", "status", rate=0.5)

    hits = [submit(sandbox, FAL).status_code == 503 for _ in range(60)]

    assert 15 < sum(hits) < 45


def test_a_hung_submit_has_started_its_job(sandbox: httpx.Client, break_: Break, journal: Journal) -> None:
    """
    A caller that gave up finds the job by its own id.
    """
    break_("kling", "hang")

    with pytest.raises(httpx.ReadTimeout):
        sandbox.post(KLING[0], json=KLING[1], timeout=0.2)

    assert (journal()[0]["status"], journal()[0]["billable_start"]) == (None, True)
    assert sandbox.get(f"{KLING[0]}/mine").json()["data"]["task_id"] == journal()[0]["provider_job_id"]


def test_a_hung_job_never_ends(sandbox: httpx.Client, break_: Break) -> None:
    """
    A job that hangs is accepted and stays in progress.
    """
    break_("runway", "hang", on="job")

    task = submit(sandbox, RUNWAY).json()["id"]
    time.sleep(0.3)

    assert sandbox.get(f"/runway/v1/tasks/{task}").json()["status"] == "RUNNING"


@pytest.mark.parametrize("call", [OPENAI, FAL])
def test_malformed_is_a_200_that_is_not_json(
    sandbox: httpx.Client, break_: Break, journal: Journal, call: tuple[str, dict[str, Any]]
) -> None:
    """
    The answer cannot be read, though the provider did start.
    """
    break_(call[0].split("/")[1], "malformed")

    answer = submit(sandbox, call)

    with pytest.raises(ValueError, match=r"delimiter|Unterminated|Expecting"):
        answer.json()
    assert (answer.status_code, journal()[0]["billable_start"]) == (200, True)


def test_truncate_cuts_the_file_under_its_full_length(
    sandbox: httpx.Client, break_: Break, fal_link: str
) -> None:
    """
    The connection closes half-way.
    """
    break_("fal", "truncate")

    with pytest.raises(httpx.RemoteProtocolError, match=r"without sending complete message body"):
        sandbox.get(fal_link)


def test_truncate_cuts_an_answer_that_holds_the_file(sandbox: httpx.Client, break_: Break) -> None:
    """
    Where there is no link, the answer itself is the file.
    """
    break_("elevenlabs", "truncate")

    with pytest.raises(httpx.RemoteProtocolError, match=r"without sending complete message body"):
        sandbox.post("/elevenlabs/v1/sound-generation", json={"text": "thunder"})


@pytest.mark.parametrize("call", [KLING, OPENAI])
def test_reset_starts_the_job_and_breaks_the_connection(
    sandbox: httpx.Client, break_: Break, journal: Journal, call: Any
) -> None:
    """
    The body was read, and no byte of an answer comes.
    """
    break_(call[0].split("/")[1], "reset")

    with pytest.raises(httpx.ReadError, match="reset by peer"):
        submit(sandbox, call)

    assert (journal()[0]["status"], journal()[0]["billable_start"]) == (None, True)


def test_reset_hits_a_look_when_told_so(sandbox: httpx.Client, break_: Break) -> None:
    """
    The job lives on.
    """
    break_("fal", "reset", on="poll", count=1)
    job = submit(sandbox, FAL).json()

    with pytest.raises(httpx.ReadError, match="reset by peer"):
        sandbox.get(job["status_url"])

    assert sandbox.get(job["status_url"]).is_success


def test_wrong_media_is_a_real_file_of_another_kind(
    sandbox: httpx.Client, break_: Break, fal_link: str
) -> None:
    """
    A picture's link leads to a sound, under the picture's type.
    """
    break_("fal", "wrong_media")

    answer = sandbox.get(fal_link)

    assert (answer.headers["content-type"], answer.content[8:12]) == ("image/png", b"WAVE")


def test_wrong_media_hits_an_answer_that_holds_the_file(sandbox: httpx.Client, break_: Break) -> None:
    """
    OpenAI's base64 is a sound, ElevenLabs' sound a picture.
    """
    for provider in ("openai", "elevenlabs"):
        break_(provider, "wrong_media")

    picture = b64decode(submit(sandbox, OPENAI).json()["data"][0]["b64_json"])
    sound = sandbox.post("/elevenlabs/v1/sound-generation", json={"text": "thunder"})

    assert (picture[8:12], sound.content[1:4]) == (b"WAVE", b"PNG")


def test_expired_url_refuses_the_file(sandbox: httpx.Client, break_: Break, fal_link: str) -> None:
    """
    The link leads nowhere until the fault is cleared.
    """
    break_("fal", "expired_url")

    expired = sandbox.get(fal_link).status_code
    sandbox.delete("/_sandbox/faults/fal")

    assert (expired, sandbox.get(fal_link).status_code) == (404, 200)


def test_slow_starts_at_once_and_answers_late(sandbox: httpx.Client, break_: Break, journal: Journal) -> None:
    """
    The job exists before the first byte, and the pieces come with pauses.
    """
    break_("kling", "slow", delay_s=0.15)

    began = time.monotonic()
    with httpx.Client(base_url=sandbox.base_url, headers=sandbox.headers) as other:
        other.post(KLING[0], json=KLING[1])

    assert time.monotonic() - began == pytest.approx(0.6, abs=0.2)
    assert journal()[0]["billable_start"]


FAILURES: list[tuple[tuple[str, dict[str, Any]], str, Callable[[dict[str, Any]], bool]]] = [
    (FAL, "status_url", lambda answer: answer.get("error_type") == "internal_server_error"),
    (RUNWAY, "/runway/v1/tasks/{id}", lambda answer: str(answer.get("failureCode")).startswith("INTERNAL")),
    (KLING, KLING[0] + "/mine", lambda answer: answer["data"]["task_status"] == "failed"),
    (VEO, "/google/v1beta/{name}", lambda answer: answer.get("error", {}).get("code") == 13),
]


@pytest.mark.parametrize(("call", "path", "fits"), FAILURES)
def test_fail_after_accept_fails_the_job_in_the_providers_way(
    sandbox: httpx.Client, break_: Break, wait_for: Wait, call: Any, path: str, fits: Any
) -> None:
    """
    The submit is accepted, and the job ends as a failure.
    """
    break_(call[0].split("/")[1], "fail_after_accept")

    made = submit(sandbox, call)

    assert made.status_code == 200
    assert wait_for(made.json().get(path) or path.format(**made.json()), fits)


def test_fail_after_accept_of_a_direct_call_is_a_500_that_counts(
    sandbox: httpx.Client, break_: Break, journal: Journal
) -> None:
    """
    A call without a job fails after it was counted.
    """
    break_("openai", "fail_after_accept")

    answer = submit(sandbox, OPENAI)

    assert (answer.status_code, answer.json()["error"]["type"]) == (500, "server_error")
    assert journal()[0]["billable_start"]


def test_a_failed_fal_run_is_an_error_at_its_result(
    sandbox: httpx.Client, break_: Break, wait_for: Wait
) -> None:
    """
    The status is COMPLETED; the 422 is at the result.
    """
    break_("fal", "moderation")

    job = submit(sandbox, FAL).json()
    wait_for(job["status_url"], completed)
    answer = sandbox.get(job["response_url"])

    assert (answer.status_code, answer.json()["detail"][0]["type"]) == (422, "content_policy_violation")


def test_moderation_of_direct_calls(sandbox: httpx.Client, break_: Break, journal: Journal) -> None:
    """
    OpenAI refuses with a 400, Gemini with a 200 without a picture, Kling with its code.
    """
    for provider in ("openai", "google", "kling"):
        break_(provider, "moderation")

    openai, gemini, kling = (submit(sandbox, call) for call in (OPENAI, GEMINI, KLING))

    assert (openai.status_code, openai.json()["error"]["code"]) == (400, "moderation_blocked")
    assert (gemini.status_code, gemini.json()["candidates"][0]["finishReason"]) == (200, "IMAGE_SAFETY")
    assert (kling.status_code, kling.json()["code"]) == (400, 1301)
    assert [entry["billable_start"] for entry in journal()] == [False, True, False]


def test_moderation_of_jobs(sandbox: httpx.Client, break_: Break, wait_for: Wait) -> None:
    """
    Veo is done with nothing but a count, Runway fails with a code and keeps the credits.
    """
    for provider in ("google", "runway"):
        break_(provider, "moderation")

    veo = submit(sandbox, VEO).json()["name"]
    runway = submit(sandbox, RUNWAY).json()["id"]
    done = wait_for(f"/google/v1beta/{veo}", lambda answer: "done" in answer)
    failed = wait_for(f"/runway/v1/tasks/{runway}", lambda task: task["status"] == "FAILED")

    assert done["response"]["generateVideoResponse"]["raiMediaFilteredCount"] == 1
    assert "generatedSamples" not in done["response"]["generateVideoResponse"]
    assert (failed["failureCode"], failed["cost"]) == ("SAFETY.INPUT.TEXT", {"credits": 5})


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"kind": "flood"}, "unknown kind 'flood'. Known kinds: status, hang"),
        ({"kind": "status", "delay": 1}, "unknown field 'delay'. Known fields: kind, on"),
        ({"kind": "expired_url", "on": "poll"}, "kind 'expired_url' cannot hit 'poll'. Known places: file"),
        ({"kind": "status", "rate": 2}, "'rate' is 2; expected a number from 0 to 1"),
    ],
)
def test_an_unknown_fault_is_refused_with_what_is_known(
    sandbox: httpx.Client, fault: dict[str, Any], says: str
) -> None:
    """
    A wrong fault says what would work.
    """
    answer = sandbox.put("/_sandbox/faults/fal", json=fault)

    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith(says)
