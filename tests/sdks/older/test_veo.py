"""Veo on the Gemini API: only the second generation of Google's SDK goes this way."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google import genai
from google.genai import errors, types

from tests.probe import clip_facts

VEO = "veo-3.1-generate-preview"
CLIP = types.GenerateVideosConfig(
    duration_seconds=4, resolution="720p", aspect_ratio="9:16", number_of_videos=2
)
FOX = types.GenerateVideosSource(prompt="a red fox")


@pytest.fixture(scope="module")
def ai(server: str) -> Iterator[genai.Client]:
    """
    Yield the SDK's client as it comes, but for its base URL.
    """
    with genai.Client(api_key="key", http_options={"base_url": f"{server}/google"}) as client:
        yield client


def finish(ai: genai.Client, operation: Any) -> Any:
    """
    Ask for an operation until it is over, as Google's examples do.
    """
    for _ in range(200):
        if operation.done:
            return operation
        time.sleep(0.05)
        operation = ai.operations.get(operation)
    raise AssertionError(f"{operation.name} never ended")


def test_the_sdk_is_the_generation_that_speaks_to_veo() -> None:
    """
    The third one offers Veo on Vertex only, so these tests bring the second.
    """
    assert genai.__version__.startswith("2.")


def test_a_video_is_an_operation_that_ends_with_files(ai: genai.Client) -> None:
    """
    The operation is not done at first, and its files, behind the key and a redirect, are clips as asked for.
    """
    operation = ai.models.generate_videos(model=VEO, source=FOX, config=CLIP)

    done = finish(ai, operation)

    assert (operation.name.startswith(f"models/{VEO}/operations/"), operation.done) == (True, None)
    videos = [made.video for made in done.response.generated_videos]
    assert [clip_facts(ai.files.download(file=video)) for video in videos] == [(720, 1280, 4.0)] * 2


def test_a_video_begins_with_a_picture(ai: genai.Client, photo: bytes) -> None:
    """
    A picture goes as bytes; a text beside it is not needed.
    """
    source = types.GenerateVideosSource(image=types.Image(image_bytes=photo, mime_type="image/png"))

    done = finish(ai, ai.models.generate_videos(model=VEO, source=source))

    assert clip_facts(ai.files.download(file=done.response.generated_videos[0].video)) == (1280, 720, 8.0)


def test_a_failed_operation_has_an_error(ai: genai.Client, break_: Callable[..., None]) -> None:
    """
    A job that Google took and failed is done, and has an error instead of a response.
    """
    break_("google", "fail_after_accept")

    done = finish(ai, ai.models.generate_videos(model=VEO, source=FOX))

    assert (done.error["code"], done.response) == (13, None)


def test_a_filtered_video_is_counted_and_explained(ai: genai.Client, break_: Callable[..., None]) -> None:
    """
    Moderation is a response without videos.
    """
    break_("google", "moderation")

    done = finish(ai, ai.models.generate_videos(model=VEO, source=FOX))

    assert (done.error, done.response.generated_videos) == (None, None)
    assert done.response.rai_media_filtered_count == len(done.response.rai_media_filtered_reasons) == 1


def test_an_expired_file_is_a_403(ai: genai.Client, break_: Callable[..., None]) -> None:
    """
    Files are kept for two days; after that the download is refused.
    """
    done = finish(ai, ai.models.generate_videos(model=VEO, source=FOX))
    break_("google", "expired_url")

    with pytest.raises(errors.ClientError, match="PERMISSION_DENIED"):
        ai.files.download(file=done.response.generated_videos[0].video)


@pytest.mark.parametrize(("status", "word"), [(429, "RESOURCE_EXHAUSTED"), (500, "INTERNAL")])
def test_a_start_can_be_refused(
    ai: genai.Client, break_: Callable[..., None], status: int, word: str
) -> None:
    """
    A refused start is an error of the call.
    """
    break_("google", "status", status=status)

    with pytest.raises(errors.APIError, match=word):
        ai.models.generate_videos(model=VEO, source=FOX)
