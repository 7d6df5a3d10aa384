"""Every provider's own way to refuse a key."""

from typing import Any

import httpx
import pytest

CALLS = [
    ("openai", "/v1/images/generations", 401, lambda body: body["error"]["code"], "invalid_api_key"),
    ("fal", "/fal-ai/veo3.1", 401, lambda body: type(body["detail"]), str),
    (
        "google",
        "/v1/models/m-image:generateContent",
        403,
        lambda body: body["error"]["status"],
        "PERMISSION_DENIED",
    ),
    ("runway", "/v1/text_to_video", 401, lambda body: type(body["error"]), str),
    ("kling", "/v1/videos/text2video", 401, lambda body: body["code"], 1001),
    ("bfl", "/v1/flux-pro-1.1", 403, lambda body: type(body["detail"]), str),
    ("luma", "/dream-machine/v1/generations/video", 403, lambda body: type(body["detail"]), str),
    ("minimax", "/v1/t2a_v2", 200, lambda body: body["base_resp"]["status_code"], 1004),
    ("replicate", "/v1/predictions", 401, lambda body: body["title"], "Unauthenticated"),
    ("stability", "/v2beta/stable-image/generate/core", 401, lambda body: body["name"], "unauthorized"),
    ("ideogram", "/v1/ideogram-v3/generate", 401, lambda body: type(body["error"]), str),
    (
        "bytedance-ark",
        "/api/v3/images/generations",
        401,
        lambda body: body["error"]["code"],
        "AuthenticationError",
    ),
    ("segmind", "/v1/ssd-1b", 401, lambda body: type(body["error"]), str),
    ("elevenlabs", "/v1/sound-generation", 401, lambda body: body["detail"]["status"], "invalid_api_key"),
]


@pytest.mark.parametrize(("provider", "path", "status", "pick", "value"), CALLS)
def test_a_call_without_a_key_is_refused_in_the_providers_form(
    server: str, provider: str, path: str, status: int, pick: Any, value: object
) -> None:
    """
    No key, no job.
    """
    answer = httpx.post(f"{server}/{provider}{path}", json={"prompt": "a fox"})

    assert answer.status_code == status
    assert pick(answer.json()) == value
