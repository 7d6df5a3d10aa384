"""Google's Gemini API."""

import json
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.builders import a_png

Wait = Callable[..., dict[str, Any]]
CONTENT = {"contents": [{"role": "user", "parts": [{"text": "a red fox"}]}]}


@pytest.mark.parametrize("version", ["v1", "v1beta"])
def test_an_image_comes_inline_with_its_tokens(
    sandbox: httpx.Client, picture_size: Callable[[bytes], tuple[int, int]], version: str
) -> None:
    """
    The aspect ratio and the size of the image configuration are honoured, in both versions of the API.
    """
    config = {"responseModalities": ["IMAGE"], "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"}}
    path = f"/google/{version}/models/gemini-3-pro-image-preview:generateContent"

    answer = sandbox.post(path, json={**CONTENT, "generationConfig": config}).json()

    part = answer["candidates"][0]["content"]["parts"][0]["inlineData"]
    assert picture_size(b64decode(part["data"])) == (2688, 1536)
    assert answer["candidates"][0]["finishReason"] == "STOP"
    assert answer["usageMetadata"]["candidatesTokensDetails"] == [{"modality": "IMAGE", "tokenCount": 1120}]


def test_a_stream_is_events_or_a_list(sandbox: httpx.Client) -> None:
    """
    The same answer comes as a server-sent event, or in a list for a caller that names no form.
    """
    path = "/google/v1beta/models/gemini-3-pro-image-preview:streamGenerateContent"

    events = sandbox.post(path, json=CONTENT, params={"alt": "sse"})
    plain = sandbox.post(path, json=CONTENT)

    found = [json.loads(events.text.removeprefix("data: ")), *plain.json()]
    assert events.headers["content-type"].startswith("text/event-stream")
    assert [answer["candidates"][0]["finishReason"] for answer in found] == ["STOP", "STOP"]


def test_speech_is_raw_samples(sandbox: httpx.Client) -> None:
    """
    Speech is 24 kHz, 16 bit, mono, without a header.
    """
    config = {"responseModalities": ["AUDIO"]}
    path = "/google/v1beta/models/gemini-2.5-flash-preview-tts:generateContent"

    answer = sandbox.post(path, json={**CONTENT, "generationConfig": config}).json()

    part = answer["candidates"][0]["content"]["parts"][0]["inlineData"]
    assert part["mimeType"] == "audio/L16;codec=pcm;rate=24000"
    assert len(b64decode(part["data"])) == round(9 * 0.06 * 24_000) * 2


def test_veo_is_an_operation_whose_file_needs_the_key(
    sandbox: httpx.Client, wait_for: Wait, clip_facts: Callable[[bytes], tuple[int, int, float]]
) -> None:
    """
    The file's address wants the key, redirects, and leads to a clip as asked for.
    """
    asked = {"durationSeconds": 6, "resolution": "1080p", "aspectRatio": "16:9"}
    body = {"instances": [{"prompt": "a fox"}], "parameters": asked}
    path = "/google/v1beta/models/veo-3.1-generate-preview:predictLongRunning"

    name = sandbox.post(path, json=body).json()["name"]
    first = sandbox.get(f"/google/v1beta/{name}").json()
    done = wait_for(f"/google/v1beta/{name}", lambda answer: "done" in answer)
    link = done["response"]["generateVideoResponse"]["generatedSamples"][0]["video"]["uri"]
    moved = sandbox.get(link)

    assert first == {"name": name}
    assert httpx.get(link).status_code == 403
    assert moved.status_code == 302
    assert clip_facts(sandbox.get(moved.headers["location"]).content) == (1920, 1080, 6.0)


@pytest.mark.parametrize("asked", [{"durationSeconds": "8"}, {"generateAudio": True}, {"resolution": "480p"}])
def test_veo_refuses_what_this_api_does_not_take(sandbox: httpx.Client, asked: dict[str, Any]) -> None:
    """
    A text for a number, a field of Vertex, and an unknown resolution are invalid arguments.
    """
    body = {"instances": [{"prompt": "a fox"}], "parameters": asked}

    answer = sandbox.post("/google/v1beta/models/veo-3.1-generate-preview:predictLongRunning", json=body)

    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"


def test_a_wrong_key_is_a_400_and_a_missing_one_a_403(server: str) -> None:
    """
    Google has no 401 for keys.
    """
    path = f"{server}/google/v1beta/models/gemini-3-pro-image:generateContent"

    wrong = httpx.post(path, json=CONTENT, params={"key": "invalid-key"})
    missing = httpx.post(path, json=CONTENT)

    assert (wrong.status_code, wrong.json()["error"]["details"][0]["reason"]) == (400, "API_KEY_INVALID")
    assert (missing.status_code, missing.json()["error"]["status"]) == (403, "PERMISSION_DENIED")


@pytest.mark.parametrize(("data", "status"), [(a_png(), 200), (b"no picture", 400)])
def test_pictures_that_come_along_are_opened(sandbox: httpx.Client, data: bytes, status: int) -> None:
    """
    A picture to edit, and a clip's first frame, are real pictures in base64 or a mistake.
    """
    text = b64encode(data).decode()
    part = {"inlineData": {"mimeType": "image/png", "data": text}}
    edit = {"contents": [{"role": "user", "parts": [{"text": "a hat"}, part]}]}
    clip = {"instances": [{"prompt": "x", "image": {"bytesBase64Encoded": text, "mimeType": "image/png"}}]}

    edited = sandbox.post("/google/v1beta/models/gemini-3-pro-image:generateContent", json=edit)
    moved = sandbox.post("/google/v1beta/models/veo-3.1-generate-001:predictLongRunning", json=clip)

    assert (edited.status_code, moved.status_code) == (status, status)


def test_both_alphabets_of_base64_are_read(sandbox: httpx.Client) -> None:
    """
    Google's own SDK writes the one that is safe in URLs.
    """
    text = urlsafe_b64encode(a_png() + b"\xff" * 6).decode()
    part = {"inlineData": {"mime_type": "image/png", "data": text}}
    edit = {"contents": [{"role": "user", "parts": [{"text": "a hat"}, part]}]}

    answer = sandbox.post("/google/v1beta/models/gemini-3-pro-image:generateContent", json=edit)

    assert (answer.status_code, "_" in text) == (200, True)
