"""Results in a customer's own bucket: registered, verified, named by a request, delivered, refused."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.job import Job
from gateway.domain.view import job_document
from gateway.errors import Clash, DestinationRefused, InvalidRequest, NotFound
from gateway.flow import attempt, chain, deliver, destination
from gateway.flow.ports import Ports
from tests.builders import make_job, make_ports
from tests.domain.test_destination import BODY
from tests.fakes.files import FakeArtifacts, FakeDestinations
from tests.flow import steps
from tests.flow.steps import latest, run_workflow

IMAGE = "google/gemini-3-pro-image"


def customers() -> tuple[Ports, FakeDestinations]:
    """Make ports with a destination that was verified."""
    ports = make_ports({**steps.fal_works(), "POST generateContent": [steps.gemini_image()]})
    destination.register(ports, "acme", BODY)
    destination.verify(ports, "acme", "films")
    assert isinstance(ports.destinations, FakeDestinations)
    return ports, ports.destinations


def asking(ports: Ports, model: str = "fal/fal-ai/veo3.1") -> Job:
    """Ask for a result in the customer's bucket."""
    return make_job(ports, model, delivery={"destination": "films"})


def test_a_video_goes_to_the_customers_bucket_and_nowhere_else() -> None:
    """The job says where it is, and its link leads there."""
    ports, theirs = customers()

    ended = run_workflow(ports, asking(ports))

    key = f"renders/{ended.id}/1/0.mp4"
    (output,) = job_document(ended, "https://gw", lambda: b"s")["outputs"]
    assert ended.status == "succeeded"
    assert list(theirs.buckets["acme-films"].files) == [key]
    assert output["destination"] == {"name": "films", "bucket": "acme-films", "key": key}
    assert ours(ports).files == {}


def test_a_picture_that_came_along_waits_with_us_and_goes_there() -> None:
    """What is in hand is stored at once, where nobody can say no, and taken away again after the delivery."""
    ports, theirs = customers()
    job = chain.advance(ports, asking(ports, IMAGE)).job

    outcome = attempt.start(ports, job, 1)
    stashed = list(ours(ports).files)
    ended = deliver.from_links(ports, outcome.job, outcome.job.attempt)

    assert (outcome.word, ended.word) == ("done", "delivered")
    assert stashed == [f"r30/acme/{job.id}/1/0.png"]
    assert list(theirs.buckets["acme-films"].files) == [f"renders/{job.id}/1/0.png"]
    assert ours(ports).files == {}


def test_a_bucket_that_says_no_is_asked_again_until_the_deadline() -> None:
    """The result is paid for: the customer has until then to open the door."""
    ports, theirs = customers()
    job = waiting(ports)
    theirs.refusal = "PutObject was refused: AccessDenied"

    with pytest.raises(DestinationRefused, match="AccessDenied"):
        deliver.from_links(ports, job, job.attempt)
    theirs.refusal = ""

    assert deliver.from_links(ports, latest(ports, job), job.attempt).word == "delivered"


def test_a_bucket_that_says_no_for_too_long_fails_the_job_with_that_reason() -> None:
    """No other provider is paid for what the customer's side refuses."""
    ports, theirs = customers()
    job = waiting(ports)
    theirs.refusal = "PutObject was refused: AccessDenied"
    ports.sleep(job.deadline_at - ports.now())

    outcome = deliver.from_links(ports, job, job.attempt)

    assert (outcome.word, outcome.job.attempt.code) == ("fail", "destination_refused")
    assert "AccessDenied" in outcome.job.attempt.message


def test_a_destination_that_was_removed_still_gets_what_was_asked_for_before() -> None:
    """A job holds what it needs; only new jobs are refused."""
    ports, theirs = customers()
    job = waiting(ports)
    destination.remove(ports, "acme", "films")

    assert deliver.from_links(ports, job, job.attempt).word == "delivered"
    assert theirs.buckets["acme-films"].files


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("other", r"unknown destination 'other'. Known: films, new\.$"),
        ("new", r"'new' is not verified yet; POST /v1/admin/destinations/new/verify does that\.$"),
    ],
)
def test_a_destination_that_cannot_be_delivered_to_is_a_bad_request(name: str, text: str) -> None:
    """Nothing is started."""
    ports, _ = customers()
    destination.register(ports, "acme", {**BODY, "name": "new"})

    with pytest.raises(InvalidRequest, match=rf"^delivery\.destination: {text}") as caught:
        make_job(ports, delivery={"destination": name})
    assert caught.value.param == "delivery.destination"


def test_another_tenants_destination_is_unknown() -> None:
    """A name counts within a tenant."""
    ports, theirs = customers()
    theirs.known = {("stranger", name): at for (_, name), at in theirs.known.items()}

    with pytest.raises(InvalidRequest, match=r"unknown destination 'films'\. Known: none"):
        asking(ports)


def test_verifying_says_what_was_refused() -> None:
    """And leaves the destination pending."""
    ports, theirs = customers()
    destination.register(ports, "acme", {**BODY, "name": "new"})
    theirs.refusal = "the role could not be assumed"

    with pytest.raises(InvalidRequest, match=r"^the role could not be assumed\.$") as caught:
        destination.verify(ports, "acme", "new")

    assert caught.value.code == "destination_refused"
    assert destination.known(ports, "acme", "new").verified_at is None


def test_a_name_is_given_once_and_can_be_given_again_after_its_removal() -> None:
    """The external id is new each time."""
    ports, _ = customers()
    before = destination.known(ports, "acme", "films")
    with pytest.raises(Clash, match="there is a destination 'films' already"):
        destination.register(ports, "acme", BODY)
    destination.remove(ports, "acme", "films")

    again = destination.register(replace(ports, random=lambda count: b"x" * count), "acme", BODY)

    assert before.external_id != again.external_id
    assert again.verified_at is None


@pytest.mark.parametrize("call", [destination.verify, destination.remove, destination.known])
def test_a_destination_that_is_not_there_is_not_found(call: Any) -> None:
    """By its name."""
    with pytest.raises(NotFound, match="no destination 'x' of this key's tenant"):
        call(make_ports({}), "acme", "x")


def waiting(ports: Ports) -> Job:
    """Bring a job to where its result waits at the provider's link."""
    job = chain.advance(ports, asking(ports)).job
    return attempt.check(ports, attempt.start(ports, job, 1).job, 1).job


def ours(ports: Ports) -> FakeArtifacts:
    """Return our own bucket."""
    assert isinstance(ports.artifacts, FakeArtifacts)
    return ports.artifacts
