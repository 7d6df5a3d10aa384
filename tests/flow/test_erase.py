"""A caller's results are taken away when it asks for that; what they cost stays."""

from dataclasses import replace

import pytest

from gateway.domain.destination import Destination
from gateway.domain.job import Artifact, Attempt, Job
from gateway.errors import Clash
from gateway.flow.erase import erase
from gateway.flow.ports import Ports
from tests.builders import CALLER, make_job, make_ports

FILE = Artifact("r30/acme/a.mp4", "video/mp4", 3, "0" * 64)
ABROAD = Destination(
    tenant="acme",
    name="films",
    bucket="their-films",
    prefix="",
    role_arn="arn:aws:iam::123456789012:role/sluice-films",
    region="",
    external_id="x",
    created_at=0,
)


def delivered(ports: Ports, **changes: object) -> Job:
    """A job whose film is in the bucket."""
    ports.artifacts.put(FILE.key, FILE.content_type, b"...")
    job = replace(make_job(ports), status="succeeded", outputs=(FILE,), **changes)  # type: ignore[arg-type]
    return ports.jobs.save(job)


def test_a_file_is_gone_and_its_job_stays() -> None:
    """Without a result to link to; twice is once."""
    ports = make_ports({})

    erased = erase(ports, delivered(ports))
    again = erase(ports, erased)

    assert ports.artifacts.find("r30/acme/a") is None
    assert (erased.outputs, erased.status, erased.erased_at) == ((), "succeeded", ports.now())
    assert again.erased_at == erased.erased_at


def test_a_customers_own_bucket_is_left_alone() -> None:
    """What lies there is the customer's."""
    ports = make_ports({})

    erased = erase(ports, delivered(ports, destination=ABROAD))

    assert ports.artifacts.find("r30/acme/a")
    assert erased.outputs == ()


def test_a_job_that_waits_is_canceled_first() -> None:
    """So nothing comes after it."""
    ports = make_ports({})

    erased = erase(ports, make_job(ports))

    assert (erased.status, erased.erased_at) == ("canceled", ports.now())


def test_a_result_on_its_way_is_too_late_to_stop() -> None:
    """It can be erased when it is there."""
    ports = make_ports({})
    job = make_job(ports)
    first = Attempt(1, 0, "google", "m", "global", slot_at=0, reserved_at=0, status="succeeded")
    job = ports.jobs.save(replace(job, status="delivering", attempts=(first,)))

    with pytest.raises(Clash, match="too late"):
        erase(ports, job)


def test_somebody_who_writes_in_between_is_seen() -> None:
    """An older look at the job does not undo what was written since."""
    ports = make_ports({})
    job = delivered(ports)
    ports.jobs.save(replace(job, metadata={"a": "b"}))

    erased = erase(ports, job)

    assert (erased.metadata, erased.outputs) == ({"a": "b"}, ())
    assert ports.jobs.get(CALLER.tenant, job.id) == erased
