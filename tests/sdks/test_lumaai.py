"""Luma's SDK: generations of clips and pictures; every answer is held against the SDK's types."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import lumaai
import pytest
from lumaai import LumaAI
from lumaai.types import Generation

from tests.probe import clip_facts, picture_size

Break = Callable[..., None]
CLIP: dict[str, Any] = {"model": "ray-2", "prompt": "a red fox"}


@pytest.fixture(scope="module")
def luma(server: str) -> Iterator[LumaAI]:
    """
    Yield the SDK's client as it comes, but for its base URL.
    """
    base_url = f"{server}/luma/dream-machine/v1"
    with LumaAI(auth_token="key", base_url=base_url, _strict_response_validation=True, max_retries=0) as it:
        yield it


def ended(luma: LumaAI, generation: Generation) -> Generation:
    """
    Look until a generation is over, as the SDK's own examples do.
    """
    while generation.state not in ("completed", "failed"):
        time.sleep(0.05)
        generation = luma.generations.get(str(generation.id))
    return generation


def test_a_clip_is_made(luma: LumaAI, client: httpx.Client) -> None:
    """
    Of the length and size that were asked for.
    """
    begun = luma.generations.video.create(**CLIP, duration="9s", resolution="1080p", aspect_ratio="9:16")
    done = ended(luma, begun)

    assert (begun.state, done.state, done.failure_reason) == ("queued", "completed", None)
    assert done.assets is not None
    assert clip_facts(client.get(str(done.assets.video)).content) == (1080, 1920, 9.0)


def test_a_clip_goes_on_from_a_picture_and_is_changed(luma: LumaAI) -> None:
    """
    Keyframes, and the two ways of changing what is there.
    """
    link = "https://example.com/fox"
    keyframes: Any = {"frame0": {"type": "image", "url": f"{link}.png"}}
    begun = [
        luma.generations.video.create(**CLIP, keyframes=keyframes),
        luma.generations.video.modify(
            generation_type="modify_video", model="ray-2", mode="flex_1", media={"url": f"{link}.mp4"}
        ),
        luma.generations.video.reframe(
            generation_type="reframe_video", model="ray-2", aspect_ratio="1:1", media={"url": f"{link}.mp4"}
        ),
    ]

    assert [ended(luma, each).state for each in begun] == ["completed"] * 3


def test_a_picture_is_made(luma: LumaAI, client: httpx.Client) -> None:
    """
    In the format that was asked for.
    """
    begun = luma.generations.image.create(
        model="photon-1", prompt="a red fox", aspect_ratio="1:1", format="png"
    )
    done = ended(luma, begun)

    assert done.assets is not None
    assert picture_size(client.get(str(done.assets.image)).content) == (1024, 1024)


def test_a_generation_is_cancelled_by_being_deleted(luma: LumaAI) -> None:
    """
    It is found no more, also in the list.
    """
    kept, gone = (luma.generations.video.create(**CLIP) for _ in range(2))

    luma.generations.delete(str(gone.id))

    with pytest.raises(lumaai.NotFoundError):
        luma.generations.get(str(gone.id))
    assert [each.id for each in luma.generations.list(limit=10).generations] == [kept.id]


@pytest.mark.parametrize(
    ("kind", "words"), [("fail_after_accept", "internal error"), ("moderation", "moderated")]
)
def test_a_generation_that_failed_says_why(luma: LumaAI, break_: Break, kind: str, words: str) -> None:
    """
    In its own field.
    """
    break_("luma", kind, on="job")

    failed = ended(luma, luma.generations.video.create(**CLIP))

    assert (failed.state, words in str(failed.failure_reason)) == ("failed", True)


def test_refusals_are_the_sdks_errors(server: str, luma: LumaAI, break_: Break) -> None:
    """
    A bad input, a bad key, a refused prompt, a limit.
    """
    with pytest.raises(lumaai.UnprocessableEntityError):
        luma.generations.video.create(model="ray-9", prompt="a fox")  # type: ignore[arg-type]
    with pytest.raises(lumaai.AuthenticationError):
        luma.with_options(auth_token="invalid").generations.list()
    break_("luma", "moderation")
    with pytest.raises(lumaai.BadRequestError, match="moderation"):
        luma.generations.video.create(**CLIP)
    break_("luma", "status", status=429, retry_after=1)
    with pytest.raises(lumaai.RateLimitError):
        luma.generations.video.create(**CLIP)
