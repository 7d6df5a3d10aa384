"""The bucket: files and parts in a real S3 API in memory; delivering twice is delivering once."""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from gateway.aws.artifacts import Artifacts
from gateway.domain.download import PART_BYTES, Part
from gateway.domain.job import Artifact, Job
from gateway.domain.outcome import Failure, Source
from gateway.flow import transfer
from gateway.flow.ports import Ports
from tests.builders import a_png, a_video
from tests.cloud import client, small_cloud
from tests.flow import test_transfer as files

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:moto.*")
VIDEO = a_video(2) + bytes(20 * 1024 * 1024)


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    """One bucket for all."""
    with small_cloud():
        yield client("s3")


@pytest.fixture
def artifacts(s3: Any) -> Artifacts:
    """The bucket, as functions have it."""
    return Artifacts(lambda: s3, "artifacts")


def test_a_file_is_stored_with_what_it_really_is(artifacts: Artifacts, s3: Any) -> None:
    """Type, size and hash come from the bytes; the extension follows the type."""
    stored = transfer.keep(artifacts, "r30/acme/j/1/0", a_png(64, 48), "image")

    assert isinstance(stored, Artifact)
    assert (stored.key, stored.content_type, stored.width) == ("r30/acme/j/1/0.png", "image/png", 64)
    assert stored.sha256 == hashlib.sha256(a_png(64, 48)).hexdigest()
    assert s3.get_object(Bucket="artifacts", Key=stored.key)["ContentType"] == "image/png"


def test_what_is_no_picture_is_refused_and_not_stored(artifacts: Artifacts) -> None:
    """An error page under a picture's name does not reach the caller."""
    refused = transfer.keep(artifacts, "r30/acme/j/2/0", b"<html>sorry</html>" * 100, "image")

    assert isinstance(refused, Failure)
    assert refused.code == "wrong_media"
    assert artifacts.find("r30/acme/j/2/0") is None


def test_a_large_file_goes_in_parts_and_twice_is_once(artifacts: Artifacts, s3: Any) -> None:
    """More than one part; a second delivery of the same output finds it there, and leaves no upload."""
    ports, job = files.begun(files.Source(body=VIDEO))
    ports = replace(ports, artifacts=artifacts)

    first = carried(ports, job)
    ports.jobs.items.clear()  # type: ignore[attr-defined]
    ports.jobs.create(job)
    again = carried(ports, job)

    assert first == again
    assert (first.bytes, first.duration_s) == (len(VIDEO), 2.0)
    assert b"".join(artifacts.read(first.key)) == VIDEO
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="artifacts")


def test_a_large_file_is_gone_on_with_from_the_parts_that_are_there(artifacts: Artifacts, s3: Any) -> None:
    """The worker is killed in the third part; the next one lists two, and asks for the rest."""
    source = files.Source(body=VIDEO, breaks=[2 * PART_BYTES], error=files.Killed)
    ports, job = files.begun(source)
    job = replace(job, id="gw_second")
    ports.jobs.create(job)
    ports = replace(ports, artifacts=artifacts)
    with pytest.raises(files.Killed):
        carried(ports, job)

    found = carried(ports, files.latest(ports, job))

    assert source.asked == [None, f"bytes={2 * PART_BYTES}-"]
    assert found.sha256 == hashlib.sha256(VIDEO).hexdigest()
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="artifacts")


def test_an_upload_that_is_not_open_has_no_parts_and_can_be_dropped(artifacts: Artifacts) -> None:
    """It was finished or dropped by another worker."""
    upload = artifacts.begin("r1/a", "video/mp4")
    part = artifacts.put_part("r1/a", upload, 1, bytes(PART_BYTES))

    before = artifacts.parts("r1/a", upload)
    artifacts.drop("r1/a", upload)
    artifacts.drop("r1/a", upload)

    assert before == [Part(1, PART_BYTES, part.etag)]
    assert artifacts.parts("r1/a", upload) is None


def carried(ports: Ports, job: Job) -> Artifact:
    """Bring the file that a job waits for."""
    stem, source = f"r7/a/{job.id}/1/0", Source("https://v3.fal.media/files/out.mp4")
    carried = transfer.carry(ports, ports.artifacts, job, 0, stem, source, math.inf)
    assert isinstance(carried.result, Artifact)
    return carried.result
