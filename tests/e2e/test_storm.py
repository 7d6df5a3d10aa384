"""Workers die all the time and every message comes twice: no job is lost, and no render is paid for twice."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import ENDED, Gateway, calling, playing
from tests.e2e.test_crash import kill, workers_of
from tests.e2e.test_sweep import sweep

pytestmark = [pytest.mark.e2e, pytest.mark.soak]

TWICE = Path(__file__).parent / "twice"
CALLERS = 8
# A worker dies after so many calls of providers, and now and then all do: a storm as hard on any machine. To
# start again takes about half a second. Where nothing is called any more, one dies all the same.
CALLS, ALL = (1, 5), 0.05
LEAST_S, LONGEST_S = 0.5, 5
SWEEP_S = 10
# Nothing is stuck while other jobs end; what a dead worker held is free a minute after its job's deadline.
PATIENCE_S = 420
SEED = 11
PROVIDERS = """
version: 1
providers:
  google: {secret: g}
  fal: {secret: f}
  kling: {secret: k}
  runway: {secret: r}
  openai: {secret: o}
  elevenlabs: {secret: e, limits: {concurrent: 3}}
"""
ROUTES = """
version: 1
defaults: {deadline: 5m}
tiers: {pro: {}}
models:
  film: {operations: [text_to_video], targets: [google/veo-3.1-fast-generate-001, runway/gen4.5]}
  clip: {operations: [text_to_video], targets: [kling/kling-v3, fal/bytedance/seedance-2.0/text-to-video]}
  photo: {operations: [text_to_image], targets: [openai/gpt-image-2, fal/fal-ai/flux/dev]}
  poster: {operations: [text_to_image], targets: [fal/fal-ai/nano-banana-pro, runway/gen4_image]}
  voice: {operations: [speech], targets: [elevenlabs/eleven_flash_v2_5, openai/tts-1]}
"""
MODELS = ("film", "clip", "photo", "poster", "voice")


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A stack whose SQS delivers everything twice, with providers that refuse a call now and then."""
    folder = tmp_path_factory.mktemp("storm")
    with playing(folder, PROVIDERS, ROUTES, PYTHONPATH=str(TWICE)) as stack, calling(stack) as gateway:
        for provider in ("google", "fal", "openai"):
            gateway.break_provider(provider, kind="status", status=503, rate=0.3)
        yield gateway


@pytest.mark.parametrize("count", [200, 1000])
def test_jobs_survive_a_storm(storm: Gateway, count: int, record_property: Any) -> None:
    """Each ends, each is in the books once, and each start at a provider is in its trace."""
    tenant = f"storm-{count}"
    caller = storm.tenant(tenant)
    prompts = [f"storm {count}: {number}" for number in range(count)]
    with killing(caller) as deaths:
        with ThreadPoolExecutor(CALLERS) as pool:
            jobs = list(pool.map(lambda number: asked(caller, number, prompts[number]), range(count)))
        ended = see_through(caller, jobs)

    starts = Counter(
        (entry["prompt"], entry["provider"]) for entry in storm.requests() if entry["billable_start"]
    )
    ends = Counter(job["status"] for job in ended)
    told = Counter((job["error"] or {}).get("code") for job in ended)
    record_property("shown", f"storm: {count} jobs, {len(deaths)} kills: {dict(ends)}, {dict(told)}")
    wrong = [text for prompt, job in zip(prompts, ended, strict=True) for text in flaws(job, prompt, starts)]
    assert wrong == []
    assert len({job["id"] for job in ended}) == count
    assert books(caller, tenant) == (costs(ended), costs(ended))
    assert ends["succeeded"] >= 0.8 * count, told


def asked(caller: Gateway, number: int, prompt: str) -> dict[str, Any]:
    """Ask until there is an answer, as a careful caller does: the same key makes the same job."""
    body = {"prompt": prompt}
    wait = {} if number % 2 else {"prefer": "respond-async"}
    until, said = time.monotonic() + PATIENCE_S, Counter[str]()
    while time.monotonic() < until:
        try:
            headers = {"idempotency-key": prompt, **wait}
            answer = caller.post(f"/v1/{MODELS[number % len(MODELS)]}", body, **headers)
        except httpx.TransportError as error:
            said[type(error).__name__] += 1
            continue
        if answer.status_code in (200, 202):
            found: dict[str, Any] = answer.json()
            return found
        assert answer.status_code >= 429, answer.text
        said[f"{answer.status_code} {answer.text}"] += 1
        time.sleep(0.5)
    raise AssertionError(f"{prompt} was never taken in: {said}")


def see_through(caller: Gateway, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Wait until every job has ended; meanwhile the sweeper makes its rounds, more often than it would."""
    moved_at, known = time.monotonic(), len(jobs)
    while left := [index for index, job in enumerate(jobs) if job["status"] not in ENDED]:
        if len(left) < known:
            moved_at, known = time.monotonic(), len(left)
        assert time.monotonic() < moved_at + PATIENCE_S, [whereabouts(caller, jobs[index]) for index in left]
        with ThreadPoolExecutor(CALLERS) as pool:
            fresh = list(pool.map(lambda index: looked(caller, jobs[index]), left))
        for index, job in zip(left, fresh, strict=True):
            jobs[index] = job
        time.sleep(1)
    return jobs


def whereabouts(caller: Gateway, job: dict[str, Any]) -> str:
    """Say where a job hangs: its status, and what its execution did at last."""
    arn = caller.stack.outputs["Workflow"].replace(":stateMachine:", ":execution:")
    history = caller.stack.cloud.client("stepfunctions").get_execution_history(
        executionArn=f"{arn}:{job['id']}", reverseOrder=True, maxResults=5
    )
    return f"{job['id']} {job['status']}: {[event['type'] for event in history['events']]}"


def looked(caller: Gateway, job: dict[str, Any]) -> dict[str, Any]:
    """Read a job; one that cannot be read just now is as it was."""
    answer = caller.get(f"/v1/jobs/{job['id']}")
    return answer.json() if answer.status_code == 200 else job


@contextmanager
def killing(gateway: Gateway) -> Iterator[list[int]]:
    """Kill function processes again and again, and call the sweeper; yields who died."""
    dice, over = Random(SEED), threading.Event()  # noqa: S311  a storm, not a secret
    deaths: list[int] = []

    def storm() -> None:
        swept = time.monotonic()
        while survived(gateway, over, dice.randint(*CALLS)):
            workers = workers_of(gateway)
            doomed = workers if dice.random() < ALL else dice.sample(workers, min(1, len(workers)))
            deaths.extend(doomed)
            kill(doomed)
            if time.monotonic() > swept + SWEEP_S:
                swept = time.monotonic()
                threading.Thread(target=swept_once, args=(gateway,)).start()

    thread = threading.Thread(target=storm)
    thread.start()
    try:
        yield deaths
    finally:
        over.set()
        thread.join()


def survived(gateway: Gateway, over: threading.Event, calls: int) -> bool:
    """Wait for so many calls of providers; whether the storm goes on then."""
    began = time.time()
    while not over.wait(LEAST_S):
        heard = gateway.http.get(
            f"{gateway.stack.sandbox_url}/_sandbox/requests", params={"since": str(began)}
        ).json()["requests"]
        if len(heard) >= calls or time.time() > began + LONGEST_S:
            return True
    return False


def swept_once(gateway: Gateway) -> None:
    """Call the sweeper; it may be killed, too."""
    try:
        sweep(gateway)
    except AssertionError:
        return


def flaws(job: dict[str, Any], prompt: str, starts: Counter[tuple[str, str]]) -> Iterator[str]:
    """Say what is wrong with one job: a start too many, or one that is in no trace."""
    name = sha256(prompt.encode()).hexdigest()[:12]
    tried = Counter(each["provider"] for each in job["attempts"] if each["started_at"])
    for provider in {provider for who, provider in starts if who == name} | set(tried):
        billed, attempts = starts[name, provider], [a for a in job["attempts"] if a["provider"] == provider]
        refused = sum((each["error"] or {}).get("class") in ("capacity", "transient") for each in attempts)
        unsure = sum(each["status"] == "unknown" for each in attempts)
        if not tried[provider] - refused - unsure <= billed <= tried[provider]:
            yield f"{job['id']} {provider}: {billed} billed starts, attempts {attempts}"
        if billed > 1:
            yield f"{job['id']} {provider}: started {billed} times"
    if job["status"] == "succeeded" and not job["output_url"]:
        yield f"{job['id']} succeeded without an output"


def costs(jobs: list[dict[str, Any]]) -> int:
    """Sum the traces, in millionths of a dollar."""
    return sum(round(float(job["cost"]["usd"] or 0) * 1_000_000) for job in jobs)


def books(caller: Gateway, tenant: str) -> tuple[int, int]:
    """Sum a tenant's ledger, and read its counter."""
    table = caller.stack.outputs["UsageTable"]
    pages = caller.stack.cloud.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    items = [item for page in pages for item in page["Items"] if item["tenant"]["S"] == tenant]

    def total(kind: str) -> int:
        return sum(int(item["list_micros"]["N"]) for item in items if item["entry"]["S"].startswith(kind))

    return total("ledger#"), total("counter#")
