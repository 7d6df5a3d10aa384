"""Segmind's SDK against the played upstream: in one call, and by the queue; it has no way to cancel."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from segmind import SegmindClient
from segmind.exceptions import SegmindError
from segmind.v2 import InferenceFailed, InferenceTimeout

from tests.probe import clip_facts, picture_size

Break = Callable[..., None]
FOX = {"prompt": "a red fox"}


@pytest.fixture(scope="module")
def segmind(server: str) -> Iterator[SegmindClient]:
    """
    Yield the SDK's client as it comes, but for its base URL.
    """
    client = SegmindClient(api_key="key", base_url=f"{server}/segmind/v1")
    yield client
    client._client.close()


def test_one_call_answers_the_file(segmind: SegmindClient) -> None:
    """
    Its bytes, with what it cost in a header.
    """
    answer = segmind.run_sync("flux-2-pro", **FOX)

    assert picture_size(answer.content) == (1024, 1024)
    assert (answer.headers["content-type"], answer.headers["x-cost"]) == ("image/png", "0.04")


def test_a_queued_job_is_waited_for(segmind: SegmindClient, client: httpx.Client) -> None:
    """
    Queued, then done, with a link to the file and what it cost.
    """
    job = segmind.submit_async("veo-3.1", **FOX, duration=4)
    first = job.status()["status"]
    done = job.wait(interval=0.05)

    assert (first in ("QUEUED", "PROCESSING"), done["status"]) == (True, "COMPLETED")
    assert clip_facts(client.get(done["output"]).content) == (1280, 720, 4.0)
    assert done["metrics"]["cost"] == 0.5
    assert job.result() == done


@pytest.mark.parametrize(
    ("kind", "words"), [("fail_after_accept", "Inference failed"), ("moderation", "content moderation")]
)
def test_a_job_that_failed_says_why(segmind: SegmindClient, break_: Break, kind: str, words: str) -> None:
    """
    A 422 with the failure in its body, which the SDK reads all the same.
    """
    break_("segmind", kind, on="job")
    job = segmind.submit_async("flux-2-pro", **FOX)

    with pytest.raises(InferenceFailed, match=words) as failed:
        job.wait(interval=0.05)

    assert failed.value.status_body["status"] == "FAILED"
    assert job.result()["status"] == "FAILED"


def test_who_waits_too_short_is_told_so(segmind: SegmindClient, break_: Break) -> None:
    """
    The job is there all the same.
    """
    break_("segmind", "hang", on="job")
    job = segmind.submit_async("flux-2-pro", **FOX)

    with pytest.raises(InferenceTimeout):
        job.wait(timeout=0.1, interval=0.05)


def test_refusals_are_the_sdks_errors(server: str, segmind: SegmindClient, break_: Break) -> None:
    """
    A bad input, a bad key, no credits, a limit: with status and words.
    """
    caught = []
    with pytest.raises(SegmindError) as error:
        segmind.run_sync("flux-2-pro")
    caught.append(error.value.status)
    stranger = SegmindClient(api_key="invalid", base_url=f"{server}/segmind/v1")
    with pytest.raises(SegmindError, match="API key is invalid") as error, stranger._client:
        stranger.run_sync("flux-2-pro", **FOX)
    caught.append(error.value.status)
    for status in (402, 429):
        break_("segmind", "status", status=status)
        with pytest.raises(SegmindError) as error:
            segmind.submit_async("flux-2-pro", **FOX)
        caught.append(error.value.status)

    assert caught == [400, 401, 402, 429]
