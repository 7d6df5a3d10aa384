"""ByteDance Ark's SDK, from BytePlus: pictures in the same call, clips as tasks."""

import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from byteplussdkarkruntime import Ark
from byteplussdkarkruntime import _exceptions as refused

from tests.probe import clip_facts, picture_size

Break = Callable[..., None]
PICTURE: dict[str, Any] = {"model": "seedream-4-5-251128", "prompt": "a red fox"}
FRAME = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}, "role": "first_frame"}
CLIP: dict[str, Any] = {
    "model": "dreamina-seedance-2-0-260128",
    "content": [{"type": "text", "text": "a red fox"}],
}


@pytest.fixture(scope="module")
def ark(server: str) -> Iterator[Ark]:
    """
    Yield the SDK's client as it comes, but for its base URL.
    """
    with Ark(api_key="key", base_url=f"{server}/bytedance-ark/api/v3", max_retries=0) as client:
        yield client


def ended(ark: Ark, task_id: str) -> Any:
    """
    Look until a task is over, as the SDK's own examples do.
    """
    while (task := ark.content_generation.tasks.get(task_id=task_id)).status in ("queued", "running"):
        time.sleep(0.05)
    return task


def test_pictures_come_as_links_or_in_base64(ark: Ark, client: httpx.Client) -> None:
    """
    Of the size that was asked for, also from a picture.
    """
    linked = ark.images.generate(**PICTURE, size="2048x1024", image=["https://example.com/a.png"])
    coded = ark.images.generate(**PICTURE, size="2K", response_format="b64_json")

    assert picture_size(client.get(linked.data[0].url).content) == (2048, 1024)
    assert picture_size(b64decode(coded.data[0].b64_json)) == (2048, 2048)
    assert (linked.data[0].size, linked.usage.generated_images) == ("2048x1024", 1)


def test_a_clip_is_a_task(ark: Ark, client: httpx.Client) -> None:
    """
    It ends with a link, and numbers that are whole.
    """
    asked: Any = CLIP | {"content": [*CLIP["content"], FRAME]}
    begun = ark.content_generation.tasks.create(**asked, duration=4, resolution="480p", ratio="1:1", seed=7)

    task = ended(ark, begun.id)

    assert (task.status, task.seed, task.resolution, task.ratio) == ("succeeded", 7, "480p", "1:1")
    assert clip_facts(client.get(task.content.video_url).content) == (480, 480, 4.0)
    assert [type(task.duration), type(task.framespersecond), type(task.usage.completion_tokens)] == [int] * 3


def test_a_clip_is_cancelled_and_listed(ark: Ark) -> None:
    """
    What is deleted before its end is cancelled.
    """
    begun = ark.content_generation.tasks.create(**CLIP)

    ark.content_generation.tasks.delete(task_id=begun.id)

    tasks = ark.content_generation.tasks.list()
    assert [(task.id, task.status) for task in tasks.items] == [(begun.id, "cancelled")]


@pytest.mark.parametrize(
    ("kind", "code"),
    [("fail_after_accept", "InternalServiceError"), ("moderation", "OutputVideoSensitiveContentDetected")],
)
def test_a_clip_that_failed_says_why(ark: Ark, break_: Break, kind: str, code: str) -> None:
    """
    In the task's error.
    """
    break_("bytedance-ark", kind, on="job")

    task = ended(ark, ark.content_generation.tasks.create(**CLIP).id)

    assert (task.status, task.error.code, task.content) == ("failed", code, None)


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        ({"kind": "moderation"}, refused.ArkBadRequestError, "InputTextSensitiveContentDetected"),
        ({"kind": "status", "status": 401}, refused.ArkAuthenticationError, "AuthenticationError"),
        (
            {"kind": "status", "status": 429},
            refused.ArkRateLimitError,
            "RateLimitExceeded.EndpointRPMExceeded",
        ),
        ({"kind": "status", "status": 503}, refused.ArkInternalServerError, "ServerOverloaded"),
    ],
)
def test_a_refusal_has_the_sdks_class_and_arks_code(
    ark: Ark, break_: Break, fault: dict[str, Any], error: type[Exception], code: str
) -> None:
    """
    For a picture as for a clip.
    """
    break_("bytedance-ark", **fault)

    with pytest.raises(error, match=code):
        ark.images.generate(**PICTURE)
    with pytest.raises(error, match=code):
        ark.content_generation.tasks.create(**CLIP)


def test_a_wrong_parameter_is_named(ark: Ark) -> None:
    """
    By the sentence that the SDK raises.
    """
    with pytest.raises(refused.ArkBadRequestError, match="`ratio` is not valid: 1:9"):
        ark.content_generation.tasks.create(**CLIP, ratio="1:9")
    with pytest.raises(refused.ArkNotFoundError, match="NotFound"):
        ark.content_generation.tasks.get(task_id="nobody")
