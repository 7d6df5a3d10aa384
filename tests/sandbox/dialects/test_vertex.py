"""Google's Vertex AI."""

import json
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from gateway.plan import Limits, Provider
from gateway.protocols import grant
from gateway.protocols.http import HttpRequest
from gateway.wire import Auth
from sluice.sandbox import account
from tests.builders import a_png

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
MODELS = "/vertex/v1beta1/projects/p-1/locations/global/publishers/google/models"
NAME = "projects/p-1/locations/global/publishers/google/models/veo-3.1-generate-001/operations/"
CLIP = {"instances": [{"prompt": "a fox"}], "parameters": {"durationSeconds": 4, "generateAudio": True}}


@pytest.fixture(scope="module")
def file() -> str:
    """
    Return a key file, which takes a moment to make.
    """
    return account.key_file()


def token_for(client: httpx.Client, secret: str, **changed: str) -> httpx.Response:
    """Ask for a token as the gateway does."""
    told = {"token_url": f"{client.base_url}/vertex/token", "scope": SCOPE, **changed}
    provider = Provider("vertex", {}, Auth(scheme="service_account", **told), "s", Limits(), {})
    asked = grant.request(provider, secret, time.time())
    assert isinstance(asked, HttpRequest)
    return client.post("/vertex/token", headers=asked.headers, content=asked.body)


def test_a_key_file_gets_a_token(sandbox: httpx.Client, file: str) -> None:
    """
    For an hour, whether it is asked for here or in Google's name; it is no start, and needs no key.
    """
    answers = [
        token_for(sandbox, file),
        token_for(sandbox, file, token_url="https://oauth2.googleapis.com/token"),
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["access_token"].startswith("ya29.")
    assert answers[0].json()["expires_in"] == 3599
    requests = sandbox.get("/_sandbox/requests").json()["requests"]
    assert not any(request["billable_start"] for request in requests)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"token_url": "https://elsewhere.example.com/token"}, "audience"),
        ({"scope": "https://www.googleapis.com/auth/drive"}, "scope"),
    ],
)
def test_what_is_not_signed_for_here_is_refused(
    sandbox: httpx.Client, file: str, changed: dict[str, str], why: str
) -> None:
    """
    As Google's endpoint does: 400, and a word.
    """
    answer = token_for(sandbox, file, **changed)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert why in answer.json()["error_description"]


def test_what_another_key_has_signed_is_refused(sandbox: httpx.Client, file: str) -> None:
    """
    And an account that nobody has made.
    """
    other = json.loads(account.key_file(name="invalid"))
    forged = json.loads(file) | {"private_key": other["private_key"]}

    told = [token_for(sandbox, json.dumps(each)).json()["error_description"] for each in (forged, other)]

    assert told == ["Invalid JWT Signature.", "Invalid grant: account not found"]


def test_the_token_endpoint_can_break(sandbox: httpx.Client, break_: Callable[..., None], file: str) -> None:
    """
    By a fault of its own, which leaves the other calls alone.
    """
    break_("vertex", "status", status=503, on="token")

    answer = token_for(sandbox, file)
    picture = sandbox.post(f"{MODELS}/imagen-4.0-generate-001:predict", json={"instances": [{"prompt": "a"}]})

    assert (answer.status_code, answer.json()["error"]) == (503, "internal_failure")
    assert picture.status_code == 200


def test_imagen_makes_four_unless_told_and_enlarges(
    sandbox: httpx.Client, picture_size: Callable[[bytes], tuple[int, int]]
) -> None:
    """
    Each in the shape that was asked for.
    """
    image = {"bytesBase64Encoded": b64encode(a_png(64, 48)).decode(), "mimeType": "image/png"}
    larger = {"mode": "upscale", "sampleCount": 1, "upscaleConfig": {"upscaleFactor": "x4"}}
    bodies = [
        {"instances": [{"prompt": "a fox"}], "parameters": {"aspectRatio": "16:9"}},
        {"instances": [{"image": image}], "parameters": larger},
    ]

    made, enlarged = (
        sandbox.post(f"{MODELS}/imagen-3.0-generate-002:predict", json=body).json()["predictions"]
        for body in bodies
    )

    assert [picture_size(b64decode(each["bytesBase64Encoded"])) for each in made] == [(1360, 768)] * 4
    assert [picture_size(b64decode(each["bytesBase64Encoded"])) for each in enlarged] == [(256, 192)]


@pytest.mark.parametrize("asked", [{"sampleCount": 5}, {"aspectRatio": "7:5"}, {"mode": "upscale"}])
def test_imagen_refuses_what_it_does_not_take(sandbox: httpx.Client, asked: dict[str, Any]) -> None:
    """
    Too many, an unknown shape, and a factor that is missing.
    """
    body = {"instances": [{"prompt": "a fox"}], "parameters": asked}

    answer = sandbox.post(f"{MODELS}/imagen-4.0-generate-001:predict", json=body)

    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("told", [True, False])
def test_a_filtered_picture_says_why_only_when_asked(
    sandbox: httpx.Client, break_: Callable[..., None], told: bool
) -> None:
    """
    Else it is simply not there.
    """
    break_("vertex", "moderation")
    body = {"instances": [{"prompt": "a fox"}], "parameters": {"includeRaiReason": told, "sampleCount": 1}}

    answer = sandbox.post(f"{MODELS}/imagen-4.0-generate-001:predict", json=body)

    assert answer.status_code == 200
    assert [list(each) for each in answer.json().get("predictions", [])] == [["raiFilteredReason"]] * told


def test_veo_is_asked_for_by_its_name_and_comes_inside_the_answer(
    sandbox: httpx.Client, clip_facts: Callable[[bytes], tuple[int, int, float]]
) -> None:
    """
    Or lies in the bucket that was named; another model does not know the operation.
    """
    stored = {**CLIP, "parameters": {**CLIP["parameters"], "storageUri": "gs://mine/clips/"}}
    names = [
        sandbox.post(f"{MODELS}/veo-3.1-generate-001:predictLongRunning", json=body).json()["name"]
        for body in (CLIP, stored)
    ]
    first = fetched(sandbox, names[0])
    foreign = fetched(sandbox, names[0], "veo-2.0-generate-001")

    inside, outside = (done(sandbox, name)["response"]["videos"] for name in names)

    assert names[0].startswith(NAME)
    assert first == {"name": names[0]}
    assert foreign["error"]["status"] == "NOT_FOUND"
    assert clip_facts(b64decode(inside[0]["bytesBase64Encoded"])) == (1280, 720, 4.0)
    assert outside[0]["gcsUri"].startswith("gs://mine/clips/")


def fetched(sandbox: httpx.Client, name: str, model: str = "veo-3.1-generate-001") -> dict[str, Any]:
    """Ask for an operation once."""
    body = {"operationName": name}
    found: dict[str, Any] = sandbox.post(f"{MODELS}/{model}:fetchPredictOperation", json=body).json()
    return found


def done(sandbox: httpx.Client, name: str) -> dict[str, Any]:
    """Ask for an operation until it has ended."""
    for _ in range(200):
        if (found := fetched(sandbox, name)).get("done"):
            return found
        time.sleep(0.02)
    raise AssertionError(f"{name} never ended")


def test_without_a_token_or_with_a_wrong_one_nobody_comes_in(server: str) -> None:
    """
    Both are a 401, as they are for other APIs of the cloud.
    """
    url = f"{server}{MODELS}/gemini-3-pro-image:generateContent"

    answers = [httpx.post(url, json={}, headers=each) for each in ({}, {"authorization": "Bearer invalid-1"})]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json()["error"]["status"] == "UNAUTHENTICATED"
