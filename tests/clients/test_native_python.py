"""The native client in Python against the real stack."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from sluice_client import AsyncSluice, Event, JobFailed, Sluice, SluiceError
from tests.builders import a_png
from tests.e2e.conftest import Gateway

PROMPT = {"prompt": "a lighthouse in a storm"}


@pytest.fixture
def sluice(gateway: Gateway) -> Iterator[Sluice]:
    """A client with the key of the pro tier."""
    with Sluice(gateway.stack.base_url, gateway.stack.api_key) as sluice:
        yield sluice


def test_a_job_is_heard_from_its_start_to_its_end(sluice: Sluice, gateway: Gateway) -> None:
    """
    The result is the job as the API has it, its file a link.
    """
    heard: list[Event] = []

    job = sluice.run("eleven-v4", PROMPT, metadata={"order": "7"}, on_event=heard.append)

    names = [event["name"] for event in heard]
    assert (names[0], names[-1]) == ("job.queued", "job.succeeded")
    assert all("id" in event for event in heard), "they came as events, not by looks"
    assert job == gateway.get(f"/v1/jobs/{job['id']}").json() == sluice.job(job["id"])
    assert gateway.file({**job}).startswith((b"ID3", b"\xff"))


def test_a_file_that_was_uploaded_is_an_input(sluice: Sluice) -> None:
    """
    Its reference stands for it.
    """
    reference = sluice.upload(a_png(), "image/png")

    job = sluice.run("nano-banana-pro", {**PROMPT, "image": reference})

    assert (job["operation"], job["outputs"][0]["content_type"]) == ("image_edit", "image/png")


def test_what_fails_is_an_error_with_its_reason(sluice: Sluice, gateway: Gateway) -> None:
    """
    A mistake before a job is made, a refusal after.
    """
    gateway.break_provider("elevenlabs", kind="moderation")

    with pytest.raises(SluiceError) as mistake:
        sluice.submit("eleven-v4", {"text": 1})
    with pytest.raises(JobFailed) as refusal:
        sluice.run("eleven-v4", PROMPT)

    assert mistake.value.status == 400
    assert refusal.value.code == "moderation"
    assert refusal.value.job_id == refusal.value.job["id"]


def test_many_calls_are_awaited_at_once(gateway: Gateway) -> None:
    """
    One key makes one job, however often it is sent; a job that is canceled never comes.
    """

    async def run() -> tuple[set[str], str]:
        async with AsyncSluice(gateway.stack.base_url, gateway.stack.api_key) as sluice:
            same = (sluice.submit("eleven-v4", PROMPT, idempotency_key="order 7") for _ in range(3))
            jobs = await asyncio.gather(*same, sluice.submit("runway-gen-4", PROMPT))
            await sluice.cancel(jobs[3]["id"])
            with pytest.raises(JobFailed) as canceled:
                await sluice.wait(jobs[3])
            return {job["id"] for job in jobs[:3]}, canceled.value.job["status"]

    ids, status = asyncio.run(run())

    assert (len(ids), status) == (1, "canceled")


CHAT = "meta/llama-3.3-70b-instruct"
HI = {"messages": [{"role": "user", "content": "Count the waves"}]}


def test_words_come_as_they_are_said(sluice: Sluice, gateway: Gateway) -> None:
    """
    The first long before the last; then there is what they cost.
    """
    gateway.break_provider("fireworks", kind="slow", delay_s=0.05)

    with sluice.stream(CHAT, HI) as answer:
        told = [(time.monotonic(), words) for words in answer]

    assert "".join(words for _, words in told).startswith("You said: Count the waves")
    assert told[-1][0] - told[0][0] > 0.5
    assert answer.usage is not None
    assert (answer.usage["cost"] or 0) > 0
    assert answer.finish_reason == "stop"


def test_who_leaves_an_answer_pays_for_what_came(sluice: Sluice, gateway: Gateway) -> None:
    """
    The job is over, and so is the call to its provider.
    """
    gateway.break_provider("fireworks", kind="slow", delay_s=0.1)

    with sluice.stream(CHAT, HI) as answer:
        next(iter(answer))
    job = gateway.ended(gateway.get(f"/v1/jobs/{answer.job_id}").json())

    assert (job["status"], job["cost"]["status"]) == ("canceled", "estimated")


def test_an_answer_that_breaks_off_says_why(sluice: Sluice, gateway: Gateway) -> None:
    """
    Also to who awaits it; a mistake is told before the first word.
    """
    gateway.break_provider("fireworks", kind="truncate")
    heard: list[str] = []

    async def run() -> None:
        async with AsyncSluice(gateway.stack.base_url, gateway.stack.api_key) as other:
            async for word in other.stream(CHAT, HI):
                heard.append(word)

    with pytest.raises(SluiceError) as broken:
        asyncio.run(run())
    with pytest.raises(SluiceError) as mistake:
        list(sluice.stream(CHAT, {**HI, "temprature": 1}))

    assert (heard[0], broken.value.code) == ("You ", "provider_transient")
    assert (mistake.value.status, mistake.value.param) == (400, "temprature")
