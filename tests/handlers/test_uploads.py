"""Uploads as callers see them: a form that S3 takes, and a reference."""

import re
from types import ModuleType

import pytest

from gateway.domain.upload import KEPT_S
from tests.builders import a_png
from tests.cloud import client
from tests.handlers.test_api import call


def test_an_upload_is_a_form_and_a_reference(api: ModuleType) -> None:
    """201 with all that a browser or a script needs, and nothing stored."""
    status, made, _ = call(api, "POST", "/v1/uploads", {"content_type": "image/png", "bytes": 99})

    assert (status, made["object"], made["id"]) == (201, "upload", made["reference"])
    assert re.fullmatch(r"upl_[0-7][0-9a-z]{25}", made["reference"])
    assert (made["content_type"], made["max_bytes"]) == ("image/png", 99)
    assert made["upload"]["method"] == "POST"
    assert made["upload"]["fields"]["key"] == f"uploads/acme/{made['id']}"
    assert made["upload"]["expires_at"] < made["expires_at"]
    assert "Contents" not in client("s3").list_objects_v2(Bucket="artifacts", Prefix="uploads/")


def test_what_was_uploaded_starts_a_job_and_what_was_not_does_not(api: ModuleType) -> None:
    """The reference stands where a URL may stand; the job shows nothing of it."""
    made = call(api, "POST", "/v1/uploads", {"content_type": "image/png"})[1]
    body = {"prompt": "x", "image": made["reference"]}

    early = call(api, "POST", "/v1/veo-3.1", body, {"prefer": "respond-async"})
    client("s3").put_object(Bucket="artifacts", Key=made["upload"]["fields"]["key"], Body=a_png())
    status, job, _ = call(api, "POST", "/v1/veo-3.1", body, {"prefer": "respond-async"})

    assert (early[0], early[1]["error"]["code"]) == (400, "invalid_input")
    assert (status, job["operation"]) == (202, "image_to_video")


@pytest.mark.parametrize(
    "body", [{}, {"content_type": "text/html"}, {"content_type": "image/png", "bytes": -1}]
)
def test_a_form_for_anything_else_is_not_signed(api: ModuleType, body: dict[str, object]) -> None:
    """A clear 400."""
    assert call(api, "POST", "/v1/uploads", body)[0] == 400


def test_a_key_that_may_only_read_uploads_nothing(api: ModuleType) -> None:
    """An upload is part of a submission."""
    assert call(api, "POST", "/v1/uploads", {"content_type": "image/png"}, scopes="read")[0] == 403


def test_a_reference_lives_for_a_day() -> None:
    """The README and the bucket's rule go by it."""
    assert KEPT_S == 86400
