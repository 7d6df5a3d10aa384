"""fal's SDK: the queue, and the direct way."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from types import ModuleType
from typing import Any

import httpx
import pytest

from tests.probe import clip_facts, picture_size, sound_seconds

VIDEO = "fal-ai/veo3.1/fast"
IMAGE = "fal-ai/flux-2-pro"
SPEECH = "fal-ai/minimax/speech-02-hd"
TEXT = {"text": "hello from the fox"}
PROMPT = {"prompt": "a red fox"}
CLIP = {**PROMPT, "duration": "4s", "resolution": "720p", "aspect_ratio": "9:16"}


@pytest.fixture(scope="module")
def fal(server: str) -> Iterator[ModuleType]:
    """
    Import the SDK now that its hosts are in the environment; only its handles give the client to close.
    """
    import fal_client

    with closing(fal_client.sync_client.get_handle(IMAGE, "none").client):
        yield fal_client


def test_subscribe_follows_a_video_to_its_file(fal: ModuleType, sandbox: httpx.Client) -> None:
    """
    Every status on the way parses, logs included, and the result leads to a clip as asked for.
    """
    seen: list[Any] = []

    result = fal.subscribe(VIDEO, CLIP, with_logs=True, on_queue_update=seen.append)

    assert any(type(status) is fal.InProgress and status.logs[0]["message"] for status in seen)
    assert (type(seen[-1]), seen[-1].error) == (fal.Completed, None)
    assert seen[-1].metrics["inference_time"] > 0
    assert clip_facts(sandbox.get(result["video"]["url"]).content) == (720, 1280, 4.0)


def test_a_request_is_found_again_by_its_id(fal: ModuleType, sandbox: httpx.Client) -> None:
    """
    Status and result are asked for under the model's id without its sub-path.
    """
    handle = fal.submit("fal-ai/flux-2/edit", {**PROMPT, "image_urls": ["https://example.com/a.png"]})

    status = fal.status("fal-ai/flux-2/edit", handle.request_id, with_logs=True)
    result = fal.result("fal-ai/flux-2/edit", handle.request_id)

    assert isinstance(status, fal.Queued | fal.InProgress)
    assert "/fal/fal-ai/flux-2/requests/" in handle.status_url
    assert picture_size(sandbox.get(result["images"][0]["url"]).content) == (1024, 768)


def test_requests_beyond_the_concurrency_wait_in_the_queue(fal: ModuleType, sandbox: httpx.Client) -> None:
    """
    The queue refuses nobody: a request tells how many are before it, and runs when they are over.
    """
    sandbox.put("/_sandbox/limits/fal", json={"concurrent": 1})

    first, second = (fal.submit(IMAGE, PROMPT) for _ in range(2))

    assert second.status() == fal.Queued(position=1)
    assert [len(handle.get()["images"]) for handle in (second, first)] == [1, 1]


def test_many_requests_run_side_by_side(fal: ModuleType, sandbox: httpx.Client) -> None:
    """
    The asynchronous client goes the same way.
    """

    async def all_of_them() -> list[dict[str, Any]]:
        client = fal.AsyncClient(key="key")
        async with (await client.get_handle(SPEECH, "none")).client:
            return await asyncio.gather(*(client.subscribe(SPEECH, TEXT) for _ in range(3)))

    results = asyncio.run(all_of_them())

    sounds = [sandbox.get(result["audio"]["url"]).content for result in results]
    assert [sound_seconds(sound) for sound in sounds] == [pytest.approx(18 * 0.06, abs=0.2)] * 3


def test_the_direct_way_answers_in_the_same_call(fal: ModuleType, sandbox: httpx.Client) -> None:
    """
    fal.run knows the same models.
    """
    result = fal.run(IMAGE, {**PROMPT, "image_size": "square_hd", "num_images": 2})

    files = [sandbox.get(image["url"]).content for image in result["images"]]
    assert [picture_size(file) for file in files] == [(1024, 1024)] * 2


@pytest.mark.parametrize(
    ("kind", "status", "error_type"),
    [
        ("fail_after_accept", 500, "internal_server_error"),
        ("moderation", 422, "content_policy_violation"),
    ],
)
def test_a_failure_shows_on_the_result_only(
    fal: ModuleType, break_: Callable[..., None], kind: str, status: int, error_type: str
) -> None:
    """
    A request that failed is completed; its error is in the status, and is what its result answers.
    """
    break_("fal", kind)
    handle = fal.submit(IMAGE, PROMPT)

    *_, last = handle.iter_events()
    with pytest.raises(fal.FalClientHTTPError, match=error_type) as caught:
        handle.get()

    assert (type(last), last.error_type) == (fal.Completed, error_type)
    assert caught.value.status_code == status


def test_a_running_request_can_be_cancelled(fal: ModuleType, break_: Callable[..., None]) -> None:
    """
    A cancelled request completes with an error, and its result is a 499.
    """
    break_("fal", "hang", on="job")
    handle = fal.submit(VIDEO, CLIP)

    fal.cancel(VIDEO, handle.request_id)

    assert handle.status().error_type == "client_cancelled"
    with pytest.raises(fal.FalClientHTTPError, match="Request was cancelled") as caught:
        handle.get()
    assert (caught.value.status_code, caught.value.error_type) == (499, "client_cancelled")


def test_a_finished_request_cannot_be_cancelled(fal: ModuleType) -> None:
    """
    The SDK sees the refusal.
    """
    handle = fal.submit(IMAGE, PROMPT)
    handle.get()

    with pytest.raises(fal.FalClientHTTPError, match="ALREADY_COMPLETED") as caught:
        handle.cancel()

    assert caught.value.status_code == 400


def test_a_caller_that_gives_up_cancels(fal: ModuleType, break_: Callable[..., None]) -> None:
    """
    After its own time limit the SDK cancels the request.
    """
    break_("fal", "hang", on="job")

    with pytest.raises(fal.FalClientTimeoutError) as caught:
        fal.subscribe(VIDEO, CLIP, client_timeout=1.1)

    assert fal.status(VIDEO, caught.value.request_id).error_type == "client_cancelled"


def test_a_refused_call_is_sent_again_and_paid_once(
    fal: ModuleType, break_: Callable[..., None], starts: Callable[[], list[bool]]
) -> None:
    """
    The SDK repeats a 429 by itself.
    """
    break_("fal", "status", status=429, count=2)

    fal.submit(IMAGE, PROMPT)

    assert starts() == [False, False, True]


@pytest.mark.parametrize(
    ("fault", "error_type"),
    [({"status": 403}, "forbidden"), ({"status": 503}, "runner_scheduling_failure")],
)
def test_an_error_of_the_queue_has_its_type(
    fal: ModuleType, break_: Callable[..., None], fault: dict[str, int], error_type: str
) -> None:
    """
    The queue's own errors are a text and a type.
    """
    break_("fal", "status", **fault)

    with pytest.raises(fal.FalClientHTTPError, match="told to fail") as caught:
        fal.submit(IMAGE, PROMPT)

    assert (caught.value.status_code, caught.value.error_type) == (fault["status"], error_type)


def test_a_failed_poll_is_not_a_failed_request(fal: ModuleType, break_: Callable[..., None]) -> None:
    """
    A status that cannot be read is an error of that call alone.
    """
    handle = fal.submit(IMAGE, PROMPT)
    break_("fal", "status", status=500, on="poll", count=1)

    with pytest.raises(fal.FalClientHTTPError, match="told to fail"):
        handle.status()

    assert handle.get()["images"]


def test_a_wrong_input_is_named(fal: ModuleType) -> None:
    """
    A model's refusal names the field.
    """
    with pytest.raises(fal.FalClientHTTPError, match=r"'loc': \['body', 'duration'\]") as caught:
        fal.submit(VIDEO, {**CLIP, "duration": "long"})

    assert caught.value.status_code == 422


def test_a_bad_key_is_refused(fal: ModuleType) -> None:
    """
    A key that fal does not know is a 401.
    """
    client = fal.SyncClient(key="invalid")

    with (
        closing(client.get_handle(IMAGE, "none").client),
        pytest.raises(fal.FalClientHTTPError, match="API key") as caught,
    ):
        client.submit(IMAGE, PROMPT)

    assert (caught.value.status_code, caught.value.error_type) == (401, "unauthorized")
