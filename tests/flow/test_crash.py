"""Whoever dies, whatever comes twice: every job ends, nothing is started twice, the books agree."""

from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from gateway.domain.job import Attempt, Job
from tests.builders import hurried, plan_of
from tests.flow.cast import Start
from tests.flow.play import Play
from tests.flow.stage import Stage

ROUTES = """
version: 1
tiers: {pro: {concurrent: 5}}
models:
  film:
    operations: [text_to_video]
    targets: [google/veo-3.1-generate-001, kling/kling-v3, fal/bytedance/seedance-2.0/text-to-video]
    deadline: 30m
  photo:
    operations: [text_to_image]
    targets: [google/gemini-3-pro-image, fal/fal-ai/nano-banana-pro]
"""
# So narrow that jobs wait for each other, in queues that a pump serves.
PROVIDERS = """
version: 1
providers:
  google: {secret: g, limits: {concurrent: 1, rpm: 30}}
  kling: {secret: k, limits: {concurrent: 2}}
  fal: {secret: f, limits: {concurrent: 2}}
"""
PLAN = hurried(plan_of(ROUTES, PROVIDERS))
OVER = {"succeeded", "failed", "unknown", "canceled"}
NEVER_BILLED = {"429", "503", "1303", "5000", "start_lost"}
HOOK = {"webhook_url": "https://app.example.com/hook"}


def played(seed: int, danger: float, *, mercy: bool) -> Play:
    """Let three callers ask, one of them cancel now and then, and play until all is quiet."""
    draw = Random(seed)  # noqa: S311  a play, not a secret
    play = Play(Stage(seed), PLAN, danger, mercy)
    calls = [
        (draw.choice(("film", "film", "photo")), {"prompt": "a fox", **draw.choice(({}, HOOK))}, 20.0)
        for _ in range(3)
    ]
    play.run(calls, cancels=draw.random() < 0.3)
    return play


def test_now_and_then_a_process_dies() -> None:
    """One in fifty moments, but a step's last try lives: no paid render is lost either."""
    kept(range(300), danger=0.02, mercy=True)


def test_processes_die_faster_than_they_are_replaced() -> None:
    """One in twelve moments, every step and message may be lost for good: what ends, ends in order."""
    kept(range(250), danger=0.08, mercy=False)


@pytest.mark.soak
@pytest.mark.parametrize(("danger", "mercy"), [(0.02, True), (0.08, False)])
def test_many_more_of_them(danger: float, mercy: bool) -> None:
    """The same, with further seeds."""
    kept(range(1000, 4000), danger=danger, mercy=mercy)


def kept(seeds: range, danger: float, *, mercy: bool) -> None:
    """Play with each seed, and hold every promise; a broken one is named with its seeds."""
    broken: dict[str, list[int]] = {}
    ends, deaths = Counter[str](), 0
    for seed in seeds:
        play = played(seed, danger, mercy=mercy)
        deaths += play.deaths
        ends.update(job.status for job in play.jobs())
        for promise in {*_of_starts(play), *_of_jobs(play), *(_of_paid_renders(play) if mercy else ())}:
            broken.setdefault(promise, []).append(seed)

    print(f"{len(seeds)} plays, {ends.total()} jobs, {deaths} deaths: {dict(ends)}")  # noqa: T201 - what was shown
    assert broken == {}
    assert min(ends["succeeded"], ends["failed"], ends["canceled"], deaths) > len(seeds) / 20


def _of_starts(play: Play) -> Iterator[str]:
    """The providers' journal is what the traces tell."""
    attempts = {(job.id, each.n): each for job in play.jobs() for each in job.attempts}
    for who, starts in _starts(play).items():
        if len(starts) > 1:
            yield "a start was sent twice"
        if who not in attempts or attempts[who].started_at is None:
            yield "a start is in no trace"
    for who, attempt in attempts.items():
        started = who in _starts(play)
        if attempt.status == "succeeded" and not started:
            yield "a success was never started"
        if attempt.code in NEVER_BILLED and not attempt.kept and started:
            yield f"{attempt.code} was billed"


def _of_jobs(play: Play) -> Iterator[str]:
    """Every job ends, is told of, is in the books once, and holds no place."""
    places = {holder for held in play.ports.leases.holders.values() for holder in held}  # type: ignore[attr-defined]
    entries = play.ports.ledger.entries  # type: ignore[attr-defined]
    for job in play.jobs():
        if not job.ended or any(attempt.status not in OVER for attempt in job.attempts):
            yield f"a job is {job.status} with attempts {[attempt.status for attempt in job.attempts]}"
        if bool(job.outputs) != (job.status == "succeeded"):
            yield f"a job {job.status} with {len(job.outputs)} outputs"
        if [each[1:3] for each in entries if each[0] == job.id] != [(x.meter, x.micros) for x in job.lines]:
            yield "the ledger differs from the trace"
        if job.webhook_url and job.id not in play.told:
            yield f"nobody was told that a job {job.status}"
        if any(place == job.id or place.startswith(f"{job.id}-") for place in places):
            yield f"a job that {job.status} still holds a place"


def _of_paid_renders(play: Play) -> Iterator[str]:
    """What a provider finished is delivered, if it could be known of."""
    for job in play.jobs():
        for attempt in job.attempts:
            for start in _starts(play).get((job.id, attempt.n), []):
                if start.end == "done" and _wasted(job, attempt, start):
                    yield f"a render was lost: {start.provider}, {attempt.error} {attempt.code}"


def _wasted(job: Job, attempt: Attempt, start: Start) -> bool:
    """Tell whether a finished render was dropped without a good reason; a file that stays broken is one."""
    in_time = start.done_at < (attempt.finished_at or 0)
    return (
        attempt.status == "failed" and in_time and attempt.code != "file_broken" and job.status != "canceled"
    )


def _starts(play: Play) -> dict[tuple[str, int], list[Start]]:
    found: dict[tuple[str, int], list[Start]] = {}
    for start in play.cast.journal:
        found.setdefault((start.job, start.attempt), []).append(start)
    return found
