"""Together's SDK: pictures, speech and clips; every answer is held against the SDK's types."""

import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import together
from together import Together

from tests.probe import clip_facts, picture_size, sound_seconds

Break = Callable[..., None]
PICTURE: dict[str, Any] = {"model": "black-forest-labs/FLUX.1-schnell", "prompt": "a red fox"}
CLIP: dict[str, Any] = {"model": "minimax/hailuo-02", "prompt": "a red fox"}


@pytest.fixture(scope="module")
def sdk(server: str) -> Iterator[Together]:
    """
    Yield the SDK's client as it comes, but for its base URL.
    """
    base_url = f"{server}/together/v1"
    with Together(api_key="key", base_url=base_url, _strict_response_validation=True, max_retries=0) as it:
        yield it


def ended(sdk: Together, clip: Any) -> Any:
    """
    Look until a clip is over.
    """
    while clip.status == "in_progress":
        time.sleep(0.05)
        clip = sdk.videos.retrieve(clip.id)
    return clip


def test_pictures_come_as_links_or_in_base64(sdk: Together, client: httpx.Client) -> None:
    """
    In the size that was asked for, each another one.
    """
    linked = sdk.images.generate(**PICTURE, width=512, height=768, n=2, response_format="url")
    coded = sdk.images.generate(**PICTURE, width=512, height=512, response_format="base64")

    files = [client.get(each.url).content for each in linked.data if each.type == "url"]
    assert [picture_size(file) for file in files] == [(512, 768)] * 2
    assert files[0] != files[1]
    assert [picture_size(b64decode(e.b64_json)) for e in coded.data if e.type == "b64_json"] == [(512, 512)]


def test_a_clip_is_made(sdk: Together, client: httpx.Client) -> None:
    """
    A job with its cost, and a link to the file.
    """
    frames: Any = {"frame_images": [{"input_image": "https://example.com/a.png", "frame": "first"}]}
    begun = sdk.videos.create(**CLIP, seconds="3", resolution="480p", ratio="1:1", media=frames)
    done = ended(sdk, begun)

    assert (begun.status, done.status, done.size) == ("in_progress", "completed", "480x480")
    assert clip_facts(client.get(done.outputs.video_url).content) == (480, 480, 3.0)


def test_speech_is_made(sdk: Together) -> None:
    """
    The body is the file.
    """
    said = sdk.audio.speech.create(
        model="hexgrad/Kokoro-82M", input="Hello there", voice="af_alloy", response_format="mp3"
    )

    assert sound_seconds(said.read()) > 0.3


@pytest.mark.parametrize(
    ("kind", "code"), [("fail_after_accept", "internal_error"), ("moderation", "content_filter")]
)
def test_a_clip_that_failed_says_why(sdk: Together, break_: Break, kind: str, code: str) -> None:
    """
    As an error of the job.
    """
    break_("together", kind, on="job")

    failed = ended(sdk, sdk.videos.create(**CLIP))

    assert (failed.status, failed.error.code, failed.outputs) == ("failed", code, None)


def test_refusals_are_the_sdks_errors(sdk: Together, break_: Break) -> None:
    """
    A bad input, a bad key, a refused prompt, an unknown job, a limit.
    """
    with pytest.raises(together.BadRequestError, match="prompt"):
        sdk.images.generate(model="x/y", prompt="")
    with pytest.raises(together.AuthenticationError):
        sdk.with_options(api_key="invalid").images.generate(**PICTURE)
    with pytest.raises(together.NotFoundError):
        sdk.videos.retrieve("nobody")
    break_("together", "moderation")
    with pytest.raises(together.BadRequestError, match="safety"):
        sdk.images.generate(**PICTURE)
    break_("together", "status", status=429)
    with pytest.raises(together.RateLimitError):
        sdk.videos.create(**CLIP)
