"""Batches and their files against an AWS in memory: versions, pages, ranges, what is gone."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from gateway.aws.batches import Batches
from gateway.aws.jobs import Jobs
from gateway.aws.sheets import CHUNK_BYTES, PART_BYTES, Sheets
from gateway.domain.batch import Batch, Line, Part, moved
from gateway.domain.repeat import Repeat
from gateway.errors import Changed, Conflict
from tests.builders import make_job, make_ports
from tests.cloud import client, small_cloud
from tests.flow.batch.world import LINE, make_desk, submitted

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:moto.*")


@pytest.fixture(scope="module")
def cloud() -> Iterator[dict[str, str]]:
    """One cloud for all."""
    with small_cloud() as settings:
        yield settings


@pytest.fixture
def batches(cloud: dict[str, str]) -> Batches:
    """The table."""
    return Batches(client("dynamodb"), "batches", "repeats")


@pytest.fixture
def sheets(cloud: dict[str, str]) -> Sheets:
    """The bucket."""
    s3 = client("s3")
    return Sheets(lambda: s3, "artifacts")


@pytest.fixture
def batch(request: pytest.FixtureRequest) -> Batch:
    """A new batch of a tenant of its own."""
    return replace(submitted(make_desk(), LINE), tenant=request.node.name)


def test_a_batch_comes_back_as_it_was_stored_to_its_tenant_alone(batches: Batches, batch: Batch) -> None:
    batches.create(batch, None)

    assert batches.get(batch.tenant, batch.id) == batch
    assert batches.get("stranger", batch.id) is None


def test_the_second_of_two_writers_is_refused(batches: Batches, batch: Batch) -> None:
    batches.create(batch, None)
    saved = batches.save(moved(batch, "run", 1.0))

    with pytest.raises(Conflict):
        batches.save(batch)

    assert batches.get(batch.tenant, batch.id) == saved


def test_the_same_call_stores_one_batch(batches: Batches, batch: Batch) -> None:
    call = Repeat(f"call {batch.tenant}", "digest")
    batches.create(batch, call)
    other = replace(batch, id=f"{batch.id[:-1]}z")

    with pytest.raises(Conflict):
        batches.create(other, call)

    assert batches.get(batch.tenant, other.id) is None


def test_parts_are_read_in_order_and_written_by_one(batches: Batches, batch: Batch) -> None:
    lines = (Line(1, "a", "open", "gw_1"), Line(2, None, "invalid", error={"code": "invalid_json"}))
    parts = [batches.save_part(Part(batch.id, number, lines)) for number in (2, 0, 11)]

    with pytest.raises(Conflict):
        batches.save_part(Part(batch.id, 0))

    assert [part.number for part in batches.parts(batch.id)] == [0, 2, 11]
    assert batches.part(batch.id, 2) == parts[0] == Part(batch.id, 2, lines, version=1)
    assert batches.part(batch.id, 3) is None


def test_batches_are_listed_newest_first_and_without_their_parts(batches: Batches, batch: Batch) -> None:
    for number in range(3):
        batches.create(replace(batch, id=f"bat_{number}"), None)
    batches.save_part(Part("bat_0", 0))

    first = batches.page(batch.tenant, 2, "")
    rest = batches.page(batch.tenant, 2, first[-1].id)

    assert [each.id for each in (*first, *rest)] == ["bat_2", "bat_1", "bat_0"]


def test_what_has_ended_is_due_no_more(batches: Batches, batch: Batch) -> None:
    batches.create(batch, None)
    at = (batch.tenant, batch.id)

    before, then = at in batches.due(batch.sweep_at - 1), at in batches.due(batch.sweep_at)
    batches.save(moved(batch, "fail", 1.0))

    assert (before, then, at in batches.due(batch.sweep_at)) == (False, True, False)


def test_many_jobs_are_looked_at_by_one_call(cloud: dict[str, str]) -> None:
    jobs = Jobs(client("dynamodb"), "jobs")
    made = [replace(make_job(make_ports({})), id=f"gw_batch{number}") for number in range(60)]
    for job in made:
        jobs.create(job)

    found = jobs.of(made[0].tenant, [*(job.id for job in made), "gw_nobody"])

    assert found == {job.id: "queued" for job in made}


def test_a_file_is_read_by_ranges_and_only_as_it_was(sheets: Sheets) -> None:
    with sheets.writing("batches/t/b/input.jsonl") as sheet:
        sheet.write(b'{"a": 1}\n')
        sheet.write(b'{"b": 2}\n')
    etag = sheets.etag("batches/t/b/input.jsonl")

    part = b"".join(sheets.read("batches/t/b/input.jsonl", 9, 18, etag))
    with sheets.writing("batches/t/b/input.jsonl") as sheet:
        sheet.write(b"another")

    assert part == b'{"b": 2}\n'
    with pytest.raises(Changed):
        b"".join(sheets.read("batches/t/b/input.jsonl", etag=etag))
    with pytest.raises(Changed):
        sheets.etag("batches/t/b/nothing")


def test_a_large_file_is_written_and_read_in_pieces(sheets: Sheets) -> None:
    line = b"x" * 1_000_000 + b"\n"
    with sheets.writing("r30/t/b/results.jsonl") as sheet:
        for _ in range(10):
            sheet.write(line)

    chunks = list(sheets.read("r30/t/b/results.jsonl"))

    assert max(map(len, chunks)) <= CHUNK_BYTES
    assert b"".join(chunks) == line * 10
    assert len(line) * 10 > PART_BYTES
    assert sheet.stored().sha256 == sha256(line * 10).hexdigest()


def test_a_file_that_broke_off_is_not_there(sheets: Sheets) -> None:
    def broken() -> Any:
        with sheets.writing("r30/t/b/broken.jsonl") as sheet:
            sheet.write(b"x" * PART_BYTES)
            raise RuntimeError("died")

    with pytest.raises(RuntimeError, match=r"^died$"):
        broken()

    with pytest.raises(Changed):
        sheets.etag("r30/t/b/broken.jsonl")
