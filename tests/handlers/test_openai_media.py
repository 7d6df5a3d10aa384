"""OpenAI's media calls over the functions that serve them: while a job is not done, and after."""

import base64
import importlib
import json
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import httpx
import pytest

from gateway.domain.job import Artifact, Attempt, Job
from tests.builders import a_png
from tests.cloud import client
from tests.handlers.test_api import CALLER, call, event

PICTURE = {"model": "gpt-image", "prompt": "a fox", "quality": "low"}
TRIES = "x-stainless-retry-count"


@dataclass
class Context:
    """A runtime that streams, with no time to wait for a job."""

    streams: bool = True
    left_ms: int = 2000

    def get_remaining_time_in_millis(self) -> int:
        """Return how long until the function is stopped."""
        return self.left_ms


@pytest.fixture
def stream(api: ModuleType) -> ModuleType:
    """The stream function."""
    return importlib.import_module("gateway.handlers.stream")


def asked(stream: ModuleType, path: str, body: Any, *, streams: bool = True, **headers: str) -> Any:
    """Call the stream function."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return stream.handler(event("POST", path, body, named), Context(streams))


def sent(path: str, fields: dict[str, str], files: list[Any]) -> dict[str, Any]:
    """Make the event of a form, coded as API Gateway codes it."""
    request = httpx.Request("POST", "https://x", data=fields, files=files)
    made = event("POST", path, base64.b64encode(request.read()).decode(), dict(request.headers))
    return {**made, "isBase64Encoded": True}


def end(api: ModuleType, job_id: str, *files: tuple[str, bytes]) -> Job:
    """Let a job have succeeded, with these files."""
    ports = api._ports
    made = []
    for index, (content_type, data) in enumerate(files):
        key = f"r30/{job_id}/{index}"
        ports.artifacts.put(key, content_type, data)
        made.append(Artifact(key, content_type, len(data), "0" * 64, 64, 48))
    job = ports.jobs.get(CALLER["tenant"], job_id)
    attempt = Attempt(1, 0, "openai", "gpt-image-2", "global", 0, 0, status="succeeded")
    ended = replace(
        job, status="succeeded", finished_at=job.created_at, outputs=tuple(made), attempts=(attempt,)
    )
    return ports.jobs.save(ended)  # type: ignore[no-any-return]


def error_of(answer: dict[str, Any]) -> dict[str, Any]:
    """Read an error."""
    return json.loads(answer["body"])["error"]  # type: ignore[no-any-return]


@pytest.fixture
def late(stream: ModuleType) -> Any:
    """The answer to a call whose job is not done in time; it comes from a client that counts its tries."""
    return asked(stream, "/v1/images/generations", PICTURE, x_stainless_retry_count="0")


def test_a_job_that_takes_longer_goes_on_and_is_named(late: dict[str, Any]) -> None:
    """504 with its id, and a client that would get the same one is told to come again."""
    headers, error = late["headers"], error_of(late)

    assert (late["statusCode"], error["code"], error["type"]) == (504, "timeout", "server_error")
    assert error["job_id"] == headers["x-sluice-job"] == headers["x-request-id"]
    assert headers["x-should-retry"] == "true"


def test_who_comes_again_gets_that_jobs_pictures(
    api: ModuleType, stream: ModuleType, late: dict[str, Any]
) -> None:
    """As links, with the facts of the files."""
    job = end(api, late["headers"]["x-sluice-job"], ("image/png", a_png()))

    answer = asked(stream, "/v1/images/generations", PICTURE, x_stainless_retry_count="1")

    document = json.loads(answer["body"])
    assert (answer["statusCode"], answer["headers"]["x-sluice-job"]) == (200, job.id)
    assert answer["headers"]["idempotency-replayed"] == "true"
    assert document["data"][0]["url"].startswith("https://gw.example.com/v1/files/")
    assert (document["size"], document["output_format"]) == ("64x48", "png")


def test_pictures_come_as_bytes_when_asked_for(api: ModuleType, stream: ModuleType) -> None:
    """From the bucket, whoever made them."""
    body = {**PICTURE, "response_format": "b64_json"}
    late = asked(stream, "/v1/images/generations", body, idempotency_key="bytes")
    end(api, late["headers"]["x-sluice-job"], ("image/png", a_png()))

    answer = asked(stream, "/v1/images/generations", body, idempotency_key="bytes")

    assert base64.b64decode(json.loads(answer["body"])["data"][0]["b64_json"]) == a_png()


def test_pictures_that_fit_no_answer_are_told_where_to_be_found(api: ModuleType, stream: ModuleType) -> None:
    """They were paid for."""
    body = {**PICTURE, "response_format": "b64_json"}
    late = asked(stream, "/v1/images/generations", body, idempotency_key="large")
    job = end(api, late["headers"]["x-sluice-job"], ("image/png", a_png()))
    api._ports.jobs.save(replace(job, outputs=(replace(job.outputs[0], bytes=21 * 1024 * 1024),)))

    answer = asked(stream, "/v1/images/generations", body, idempotency_key="large")

    assert (answer["statusCode"], error_of(answer)["code"]) == (413, "answer_too_large")
    assert answer["headers"]["x-should-retry"] == "false"


def test_two_calls_for_the_same_picture_are_two_jobs(stream: ModuleType) -> None:
    """Only a repetition is none; a client that does not count gets no promise."""
    jobs = [
        asked(stream, "/v1/images/generations", PICTURE, **headers)["headers"]
        for headers in ({"x_stainless_retry_count": "0"}, {"x_stainless_retry_count": "0"}, {})
    ]

    assert len({each["x-sluice-job"] for each in jobs}) == 3
    assert [each["x-should-retry"] for each in jobs] == ["true", "true", "false"]


@pytest.mark.parametrize("streams", [True, False])
def test_speech_is_the_file_itself(api: ModuleType, stream: ModuleType, streams: bool) -> None:
    """Piece by piece, or coded where the answer is in one piece."""
    body = {"model": "openai/tts-1", "input": "hello", "voice": "nova"}
    key = f"speech {streams}"
    late = asked(stream, "/v1/audio/speech", body, idempotency_key=key)
    end(api, late["headers"]["x-sluice-job"], ("audio/mpeg", b"\xff\xfb..."))

    answer = asked(stream, "/v1/audio/speech", body, streams=streams, idempotency_key=key)

    status, headers, data = answer if streams else (answer["statusCode"], answer["headers"], answer["body"])
    assert (status, headers["content-type"], headers["content-length"]) == (200, "audio/mpeg", "5")
    assert (b"".join(data) if streams else base64.b64decode(data)) == b"\xff\xfb..."


def test_files_of_a_form_become_uploads(api: ModuleType, stream: ModuleType) -> None:
    """The first is the picture, the rest go along; a number is a number again."""
    files = [("image[]", ("a.png", a_png(), "image/png"))] * 2 + [("mask", ("m.png", a_png(9), "image/png"))]
    fields = {"model": "gpt-image", "prompt": "42", "n": "2"}

    headers = stream.handler(sent("/v1/images/edits", fields, files), Context())["headers"]

    asked_for = api._ports.jobs.get(CALLER["tenant"], headers["x-sluice-job"]).input
    assert (asked_for["prompt"], asked_for["n"]) == ("42", 2)
    places = [asked_for["image"], *asked_for["images"], asked_for["mask"]]
    assert all(each.startswith("upl_") for each in places)
    assert len(set(places)) == 3


FORMS: dict[str, tuple[dict[str, str], list[Any], int, str, str | None]] = {
    "no picture": ({}, [("mask", ("a", a_png()))], 400, "missing_parameter", "image"),
    "another file": ({}, [("other", ("a", b"x"))], 400, "unknown_parameter", "other"),
    "two masks": (
        {},
        [("image", ("a", b"x")), *[("mask", ("a", b"x"))] * 2],
        400,
        "invalid_parameter",
        "mask",
    ),
    "no model": ({"model": ""}, [("image", ("a", b"x"))], 400, "missing_parameter", "model"),
    "a text as a picture": ({}, [("image", ("a.png", b"hello"))], 400, "invalid_input", "image"),
    "too many": ({"n": "11"}, [("image", ("a.png", a_png()))], 400, "invalid_parameter", "n"),
    "too large": ({}, [("image", ("a.png", bytes(4_600_000)))], 413, "body_too_large", None),
}


@pytest.mark.parametrize("case", FORMS)
def test_what_is_wrong_with_an_edit_is_told_before_anything_is_stored(
    api: ModuleType, stream: ModuleType, case: str
) -> None:
    """No job, and no upload of what is no picture."""
    fields, files, status, code, param = FORMS[case]
    before = client("dynamodb").scan(TableName="jobs")["Count"]

    answer = stream.handler(
        sent("/v1/images/edits", {"model": "gpt-image", "prompt": "x", **fields}, files), Context()
    )

    assert (answer["statusCode"], error_of(answer)["code"], error_of(answer)["param"]) == (
        status,
        code,
        param,
    )
    assert client("dynamodb").scan(TableName="jobs")["Count"] == before


@pytest.mark.parametrize("path", ["/v1/images/generations", "/v1/images/edits", "/v1/audio/speech"])
def test_a_reading_key_makes_nothing(stream: ModuleType, path: str) -> None:
    """403, as everywhere."""
    answer = stream.handler(event("POST", path, PICTURE, scopes="read"), Context())

    assert (answer["statusCode"], error_of(answer)["code"]) == (403, "not_allowed")


def test_a_film_is_a_job_under_other_names(api: ModuleType) -> None:
    """Made, looked at, listed; nobody else sees it, and no other job is one."""
    body = {"model": "veo-3.1", "prompt": "a storm", "seconds": "4", "size": "1280x720"}
    status, film, headers = call(api, "POST", "/v1/videos", body)
    picture = call(api, "POST", "/v1/gpt-image", {"prompt": "x"}, {"prefer": "respond-async"})[1]

    assert (status, film["status"], film["seconds"], film["size"]) == (200, "queued", "4", "1280x720")
    assert headers["openai-poll-after-ms"] == "2000"
    assert call(api, "GET", f"/v1/videos/{film['id']}")[1] == film
    assert call(api, "GET", "/v1/videos")[1]["data"][0] == film
    assert call(api, "GET", f"/v1/videos/{film['id']}", tenant="other")[0] == 404
    assert call(api, "GET", "/v1/videos", tenant="other")[1]["data"] == []
    assert call(api, "GET", f"/v1/videos/{picture['id']}")[1]["error"]["code"] == "video_not_found"


def test_a_films_file_is_a_redirect_and_gone_when_it_is_deleted(api: ModuleType) -> None:
    """As the film itself is for its callers, though not its job."""
    film = call(api, "POST", "/v1/videos", {"model": "veo-3.1", "prompt": "a storm"})[1]
    path = f"/v1/videos/{film['id']}"
    early = call(api, "GET", f"{path}/content")
    end(api, film["id"], ("video/mp4", b"film"))

    status, _, headers = call(api, "GET", f"{path}/content")
    deleted = call(api, "DELETE", path)[1]

    assert (early[0], early[1]["error"]["code"]) == (409, "not_ended")
    assert (status, f"/r30/{film['id']}/0?X-Amz" in headers["location"]) == (302, True)
    assert deleted == {"id": film["id"], "object": "video.deleted", "deleted": True}
    assert call(api, "GET", path)[0] == 404
    assert call(api, "GET", f"/v1/jobs/{film['id']}")[1]["status"] == "succeeded"
    assert "Contents" not in client("s3").list_objects_v2(Bucket="artifacts", Prefix=f"r30/{film['id']}")


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"prompt": "x"}, "missing_parameter", "model"),
        ({"model": "veo-3.1", "prompt": "x", "seconds": "long"}, "invalid_parameter", "seconds"),
        ({"model": "veo-3.1", "prompt": "x", "seconds": "5"}, "invalid_parameter", "seconds"),
        ({"model": "veo-3.1", "prompt": "x", "glow": 1}, "unknown_parameter", "glow"),
    ],
)
def test_what_is_wrong_with_a_film_is_told(
    api: ModuleType, body: dict[str, Any], code: str, param: str
) -> None:
    """Before a job is made."""
    status, document, _ = call(api, "POST", "/v1/videos", body)

    assert (status, document["error"]["code"], document["error"]["param"]) == (400, code, param)


def test_every_answer_has_a_name_for_support(api: ModuleType, stream: ModuleType) -> None:
    """The job's where there is one, else that of the call."""
    given = event("GET", "/v1/models")
    given["requestContext"]["requestId"] = "request 7"

    assert api.handler(given, None)["headers"]["x-request-id"] == "request 7"


def test_clients_are_told_whether_to_send_a_call_again(api: ModuleType) -> None:
    """Else they send every conflict twice more."""
    key = {"idempotency-key": "clash"}
    call(api, "POST", "/v1/videos", {"model": "veo-3.1", "prompt": "a storm"}, key)

    status, _, headers = call(api, "POST", "/v1/videos", {"model": "veo-3.1", "prompt": "a calm"}, key)

    assert (status, headers["x-should-retry"]) == (409, "false")
