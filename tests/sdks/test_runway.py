"""Runway's SDK: tasks. Its waiters look every six seconds, so many tasks are waited for at once."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import runwayml

from tests.probe import clip_facts, picture_size

VIDEO: dict[str, Any] = {"model": "gen4.5", "prompt_text": "a red fox", "ratio": "1280:720", "duration": 2}
IMAGE: dict[str, Any] = {"model": "gen4_image", "prompt_text": "a red fox", "ratio": "1920:1080"}
LINK = "https://example.com/fox.png"
PICTURES = [{"uri": LINK, "position": "first"}]


@pytest.fixture(scope="module")
def address(server: str) -> dict[str, Any]:
    """
    Return what a client needs; every answer is held against the SDK's types.
    """
    return {"base_url": f"{server}/runway", "api_key": "key", "_strict_response_validation": True}


@pytest.fixture(scope="module")
def runway(address: dict[str, Any]) -> Iterator[runwayml.RunwayML]:
    """
    Yield the SDK's client as it comes, but for its base URL.
    """
    with runwayml.RunwayML(**address) as client:
        yield client


@pytest.fixture(scope="module")
def waited(address: dict[str, Any], client: httpx.Client) -> dict[str, Any]:
    """
    Wait for many tasks as the SDK does it; tell each one's task and files, or its error.
    """

    async def all_of_them() -> list[Any]:
        async with runwayml.AsyncRunwayML(**address) as runway:
            tasks = [await call for call in asked_of(runway)]
            await runway.tasks.delete(tasks[-1].id)
            client.put("/_sandbox/faults/runway", json={"kind": "fail_after_accept"})
            tasks.append(await runway.text_to_image.create(**IMAGE))
            waits = [task.wait_for_task_output() for task in tasks]
            return await asyncio.gather(*waits, return_exceptions=True)

    ends = asyncio.run(all_of_them())
    return {
        "done": [(end, [client.get(link).content for link in end.output]) for end in ends[:-2]],
        "errors": ends[-2:],
    }


def asked_of(runway: runwayml.AsyncRunwayML) -> list[Any]:
    """
    Ask for every kind of task, with every way in which models spell a size; the last one is to be cancelled.
    """
    to_video, from_image = runway.text_to_video.create, runway.image_to_video.create
    return [
        to_video(**VIDEO),
        to_video(**VIDEO | {"model": "hailuo3", "ratio": "1:1"}, resolution="768p"),
        to_video(model="h3_max", prompt_text="a red fox", resolution="480p", duration=3),
        from_image(**VIDEO | {"ratio": "960:960"}, prompt_image=PICTURES),
        from_image(model="kling_4", prompt_text="", prompt_image=LINK, ratio="auto_1080p"),
        runway.text_to_image.create(**IMAGE, seed=7),
        runway.text_to_image.create(**IMAGE | {"model": "gpt_image_2"}, output_count=2),
        to_video(**VIDEO | {"prompt_text": "a fox that nobody wants"}),
    ]


def test_every_kind_of_task_ends_with_files(waited: dict[str, Any]) -> None:
    """
    Files are as asked for, however a model spells a size, and the task tells its cost.
    """
    clips, pictures = waited["done"][:5], waited["done"][5:]

    assert [clip_facts(file) for _, [file] in clips] == [
        (1280, 720, 2.0),
        (768, 768, 2.0),
        (854, 480, 3.0),
        (960, 960, 2.0),
        (1920, 1080, 5.0),
    ]
    assert [len(files) for _, files in pictures] == [1, 2]
    assert {picture_size(file) for _, files in pictures for file in files} == {(1920, 1080)}
    assert (clips[0][0].cost.credits, pictures[0][0].cost.credits) == (24, 5)


def test_the_waiter_raises_for_what_did_not_succeed(waited: dict[str, Any]) -> None:
    """
    The SDK's own error carries the task, cancelled or failed.
    """
    errors = waited["errors"]

    assert [type(error).__name__ for error in errors] == ["TaskFailedError"] * 2
    assert [error.task_details.status for error in errors] == ["CANCELLED", "FAILED"]


@pytest.mark.parametrize(
    ("kind", "code"),
    [("fail_after_accept", "INTERNAL.BAD_OUTPUT.CODE01"), ("moderation", "SAFETY.INPUT.TEXT")],
)
def test_a_failed_task_says_why(
    runway: runwayml.RunwayML, break_: Callable[..., None], sandbox: httpx.Client, kind: str, code: str
) -> None:
    """
    A task that Runway took and failed has a reason and a code.
    """
    break_("runway", kind)
    task = runway.text_to_image.create(**IMAGE)

    failed = ended(runway, task.id)

    assert (failed.status, failed.failure_code) == ("FAILED", code)
    assert failed.failure


def ended(runway: runwayml.RunwayML, name: str) -> Any:
    """
    Look quicker than the SDK's own waiter does.
    """
    for _ in range(1000):
        task = runway.tasks.retrieve(name)
        if task.status in ("SUCCEEDED", "FAILED", "CANCELLED"):
            return task
    raise AssertionError(f"{name} never ended")


def test_delete_cancels_a_running_task_and_removes_a_finished_one(
    runway: runwayml.RunwayML, break_: Callable[..., None]
) -> None:
    """
    A running task shows its progress, a cancelled one costs nothing, a removed one is gone.
    """
    break_("runway", "hang", on="job")
    task = runway.text_to_video.create(**VIDEO)
    first = runway.tasks.retrieve(task.id)

    runway.tasks.delete(task.id)
    cancelled = runway.tasks.retrieve(task.id)
    runway.tasks.delete(task.id)

    assert (first.status in ("PENDING", "RUNNING"), first.estimated_cost.credits) == (True, 24)
    assert (cancelled.status, cancelled.cost.credits) == ("CANCELLED", 0)
    with pytest.raises(runwayml.NotFoundError, match="no job"):
        runway.tasks.retrieve(task.id)


def test_a_task_beyond_the_concurrency_is_throttled(runway: runwayml.RunwayML, sandbox: httpx.Client) -> None:
    """
    It waits for its turn and is no error.
    """
    sandbox.put("/_sandbox/limits/runway", json={"concurrent": 1})

    first, second = (runway.text_to_image.create(**IMAGE).id for _ in range(2))

    assert runway.tasks.retrieve(second).status == "THROTTLED"
    assert [ended(runway, name).status for name in (first, second)] == ["SUCCEEDED"] * 2


def test_a_refused_call_is_sent_again_and_paid_once(
    runway: runwayml.RunwayML, break_: Callable[..., None], starts: Callable[[], list[bool]]
) -> None:
    """
    The SDK waits as long as Retry-After says, and its second call is the one that counts.
    """
    break_("runway", "status", status=503, retry_after=0.05, count=1)

    runway.text_to_image.create(**IMAGE)

    assert starts() == [False, True]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, runwayml.AuthenticationError),
        (429, runwayml.RateLimitError),
        (502, runwayml.InternalServerError),
    ],
)
def test_an_error_has_the_sdks_class(
    runway: runwayml.RunwayML, break_: Callable[..., None], status: int, error: type[Exception]
) -> None:
    """
    The body's text is in the error.
    """
    break_("runway", "status", status=status)

    with pytest.raises(error, match="told to fail"):
        runway.with_options(max_retries=0).text_to_image.create(**IMAGE)


def test_a_bad_key_is_refused(runway: runwayml.RunwayML) -> None:
    """
    A key that Runway does not know is a 401.
    """
    with pytest.raises(runwayml.AuthenticationError, match="API key"):
        runway.with_options(api_key="invalid").text_to_image.create(**IMAGE)


def test_a_wrong_parameter_is_an_issue_with_its_path(runway: runwayml.RunwayML) -> None:
    """
    The SDK sends what the provider wants in camel case, and shows what it says.
    """
    with pytest.raises(runwayml.BadRequestError) as caught:
        runway.image_to_video.create(**VIDEO, prompt_image="fox.png")

    assert caught.value.body["issues"][0]["path"] == ["promptImage"]
