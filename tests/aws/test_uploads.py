"""The part of the bucket that callers fill, against an S3 in memory."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config

from gateway.aws.uploads import Uploads
from gateway.domain.upload import Seen, Wanted
from tests.builders import a_png
from tests.cloud import small_cloud

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:moto.*")
KEY = "uploads/acme/upl_1"


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    """One cloud for all."""
    with small_cloud():
        yield boto3.client("s3", config=Config(signature_version="s3v4"))


@pytest.fixture
def uploads(s3: Any) -> Uploads:
    """The port, over a bucket with one file."""
    s3.put_object(Bucket="artifacts", Key=KEY, Body=a_png(), ContentType="video/mp4")
    return Uploads(lambda: s3, "artifacts")


def test_a_form_fixes_key_type_and_size(uploads: Uploads) -> None:
    """
    What is signed is what was asked for, with the region's own signature.
    """
    form = uploads.form(KEY, Wanted("image/png", 7, 9), 60)

    signed = json.loads(base64.b64decode(form.fields["policy"]))["conditions"]
    assert form.fields["key"] == KEY
    assert form.fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
    for condition in ({"bucket": "artifacts"}, {"key": KEY}, {"Content-Type": "image/png"}):
        assert condition in signed
    assert ["content-length-range", 7, 9] in signed


def test_a_look_reads_the_head_alone_and_knows_the_whole_size(uploads: Uploads) -> None:
    """
    A gigabyte is told by its first bytes.
    """
    assert uploads.look(KEY, 16) == Seen(a_png()[:16], len(a_png()))
    assert uploads.look(KEY, 10**6) == Seen(a_png(), len(a_png()))


def test_what_is_not_there_is_nothing(uploads: Uploads) -> None:
    """
    Not an error: the caller may not have sent it yet.
    """
    assert uploads.look("uploads/acme/upl_2", 16) is None
    assert uploads.read("uploads/acme/upl_2", 9) is None


def test_a_whole_file_is_read(uploads: Uploads) -> None:
    """
    For targets that take its bytes.
    """
    assert uploads.read(KEY, len(a_png())) == a_png()


def test_a_file_that_another_has_replaced_is_not_read(uploads: Uploads) -> None:
    """
    The form is good for an hour, and the job was accepted for the file that was there then.
    """
    assert uploads.read(KEY, len(a_png()) - 1) is None


def test_an_empty_file_is_none(s3: Any, uploads: Uploads) -> None:
    """
    It has no head to be read.
    """
    s3.put_object(Bucket="artifacts", Key="uploads/acme/upl_3", Body=b"")

    assert uploads.look("uploads/acme/upl_3", 16) is None


def test_a_link_names_the_type_that_the_bytes_have(uploads: Uploads) -> None:
    """
    A provider is not told what the uploader claimed.
    """
    query = parse_qs(urlsplit(uploads.link(KEY, "image/png")).query)

    assert query["response-content-type"] == ["image/png"]
    assert query["X-Amz-Expires"] == ["3600"]


def test_a_file_that_came_along_is_stored_as_it_is(uploads: Uploads, s3: Any) -> None:
    """
    Under the type that its bytes say.
    """
    uploads.put("uploads/acme/upl_2", "image/png", a_png())

    found = s3.get_object(Bucket="artifacts", Key="uploads/acme/upl_2")
    assert (found["ContentType"], found["Body"].read()) == ("image/png", a_png())
