"""Files that callers bring reach every target, as a link or as bytes, or are refused by name."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain import identity, link, medium, upload
from gateway.domain.address import Fetched, Unfetched
from gateway.errors import InvalidRequest
from gateway.flow import accept, attempt, chain
from gateway.flow import upload as uploads
from gateway.flow.ports import Ports
from gateway.protocols.http import HttpResponse
from tests.builders import (
    CALLER,
    a_png,
    a_video,
    answer,
    hurried,
    make_job,
    make_ports,
    plan_of,
    shipped_plan,
)
from tests.fakes.wire import Answer
from tests.flow import steps
from tests.flow.steps import run_workflow, starts

EDIT = """
version: 1
models:
  edit: {operations: [image_edit], targets: [fal/fal-ai/nano-banana-pro/edit, google/gemini-3-pro-image]}
"""
FAL_PICTURE = answer({"images": [{"url": "https://v3.fal.media/a.png"}]})
EDIT_AT_GOOGLE = """
version: 1
models:
  edit: {operations: [image_edit], targets: [google/gemini-3-pro-image, google/gemini-3.1-flash-image]}
"""


def with_upload(
    script: dict[str, list[Answer]], data: bytes, plan: Any = None, tenant: str = CALLER.tenant
) -> tuple[Ports, str]:
    """Make ports with one file uploaded, and its reference."""
    ports = make_ports(script, plan)
    reference = uploads.begin(ports, tenant, upload.Wanted("image/png", 1, 100)).id
    ports.uploads.files[upload.key_of(tenant, reference)] = data  # type: ignore[attr-defined]
    return ports, reference


def body_of(ports: Ports, number: int = 0) -> Any:
    """Read what a start sent."""
    sent = [request for request in ports.wire.sent if request.method == "POST"]  # type: ignore[attr-defined]
    return json.loads(sent[number].body)


def refusal(ports: Ports, **body: Any) -> InvalidRequest:
    """Return why a request is refused; nothing is stored."""
    with pytest.raises(InvalidRequest, match=r"\.$") as caught:
        make_job(ports, **body)
    assert ports.jobs.items == {}  # type: ignore[attr-defined]
    return caught.value


def test_a_target_that_takes_bytes_gets_the_uploads_bytes() -> None:
    """Veo is first, and starts with the picture inside its request."""
    ports, reference = with_upload(steps.veo_works(), a_png())

    ended = run_workflow(ports, make_job(ports, image=reference))

    sent = body_of(ports)["instances"][0]["image"]
    assert (ended.status, len(ended.attempts)) == ("succeeded", 1)
    assert sent == {"bytesBase64Encoded": base64.b64encode(a_png()).decode(), "mimeType": "image/png"}
    assert ended.input["image"] == reference


def test_a_target_that_takes_links_gets_one_that_is_signed_at_its_start() -> None:
    """fal fetches the picture by itself, from our bucket."""
    script = {"POST :predictLongRunning": [steps.FAILED_503], **steps.fal_works()}
    ports, reference = with_upload(script, a_png())

    ended = run_workflow(ports, make_job(ports, image=reference))

    link = f"https://bucket.example.com/uploads/acme/{reference}?type=image/png"
    assert (ended.status, body_of(ports, 1)["image_url"]) == ("succeeded", link)


def test_a_link_of_the_callers_own_goes_to_a_target_that_takes_links() -> None:
    """Nothing is copied where the provider fetches."""
    url = "https://pictures.example.com/a.png?token=1"
    ports = make_ports(steps.fal_works())

    run_workflow(ports, make_job(ports, "fal/fal-ai/veo3.1", image=url))

    assert body_of(ports)["image_url"] == url


def test_lists_of_uploads_and_links_keep_their_order() -> None:
    """The picture to edit comes first, the others as given."""
    ports, reference = with_upload(
        {"POST nano-banana-pro/edit": [steps.FAL_ACCEPTED]}, a_png(), plan_of(EDIT)
    )
    images = ["https://a.example.com/1.png", reference]

    job = make_job(ports, "edit", image=reference, images=images)
    attempt.start(ports, chain.advance(ports, job).job, 1)

    link = f"https://bucket.example.com/uploads/acme/{reference}?type=image/png"
    assert body_of(ports)["image_urls"] == [link, images[0], link]


def test_an_upload_is_looked_at_once_however_often_it_is_named() -> None:
    """One read a reference, whatever the chain's length."""
    ports, reference = with_upload({}, a_png(), plan_of(EDIT))

    make_job(ports, "edit", image=reference, images=[reference, reference])

    assert len(ports.uploads.looked) == 1  # type: ignore[attr-defined]


def test_an_edit_may_be_answered_inline() -> None:
    """A picture that is here already costs no detour over the workflow."""
    ports, reference = with_upload(
        {"POST :generateContent": [steps.gemini_image()]}, a_png(), hurried(shipped_plan())
    )

    job = accept.run(ports, make_job(ports, "nano-banana-pro", image=reference), 20, False)

    assert (job.status, job.operation) == ("succeeded", "image_edit")
    assert ports.workflow.started == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("data", "later_s", "text"),
    [
        (None, 0, "nothing has been uploaded for 'upl_"),
        (b"", 0, "is of no known media type by its first bytes, and an image is needed"),
        (b"<html>", 0, "is of no known media type by its first bytes, and an image is needed"),
        (a_video(1), 0, "is video/mp4 by its first bytes, and an image is needed"),
        (a_png() + bytes(20 * 1024 * 1024), 0, "bytes, and 20971520 are the most for an image"),
        (a_png(), upload.KEPT_S, "a day after it was begun; begin another with POST /v1/uploads"),
    ],
    ids=["missing", "empty", "page", "video", "large", "expired"],
)
def test_a_reference_that_cannot_be_used_is_refused_by_name(
    data: bytes | None, later_s: float, text: str
) -> None:
    """The parameter, the reference, what was found; and no job is made."""
    ports, reference = with_upload({}, data or b"")
    if data is None:
        ports.uploads.files.clear()  # type: ignore[attr-defined]
    ports.sleep(later_s)

    error = refusal(ports, image=reference)

    assert (error.code, error.param, error.status) == ("invalid_input", "image", 400)
    assert str(error).startswith("image: ")
    assert reference in str(error)
    assert text in str(error)


def test_another_tenants_upload_is_not_there() -> None:
    """A reference is looked up under the caller's own tenant."""
    ports, reference = with_upload({}, a_png(), tenant="stranger")

    assert "nothing has been uploaded" in str(refusal(ports, image=reference))


def test_a_bad_item_of_a_list_is_named_by_its_number() -> None:
    """As the caller wrote it."""
    ports, reference = with_upload({}, a_png(), plan_of(EDIT))
    gone = identity.upload_id(ports.now(), bytes(10)[:9] + b"\1")

    error = refusal(ports, model="edit", image=reference, images=["https://a.example.com/1.png", gone])

    assert (error.param, str(error).partition(":")[0]) == ("images", "images[1]")


def test_a_target_for_which_the_files_are_too_large_is_passed_over() -> None:
    """Two files of 17 MB do not fit into Google's request; fal fetches them."""
    ports, reference = with_upload({}, a_png() + bytes(17 * 1024 * 1024), plan_of(EDIT))

    job = make_job(ports, "edit", image=reference, images=[reference])

    assert [hop.provider for hop in job.chain] == ["fal"]
    assert f"up to {medium.INLINE_BYTES_TOGETHER} bytes together" in job.skipped[0].reason


def test_a_file_that_vanished_ends_the_job_before_it_is_paid_for() -> None:
    """The bucket's rule may delete it while the job waits."""
    ports, reference = with_upload(steps.veo_works(), a_png())
    job = make_job(ports, image=reference)
    ports.uploads.files.clear()  # type: ignore[attr-defined]

    ended = run_workflow(ports, job)

    assert (ended.status, ended.error_code, starts(ports)) == ("failed", "input_unreachable", [])
    assert ended.attempt.error == "request"


def strangers(**files: Any) -> Ports:
    """Make ports for an edit at Google, with strangers that have files by the name of their host."""
    ports = make_ports({"POST :generateContent": [steps.gemini_image()]}, plan_of(EDIT_AT_GOOGLE))
    for host, found in files.items():
        ports.egress.files[f"https://{host}.example.com/a.png?token=1"] = found  # type: ignore[attr-defined]
    return ports


def put(ports: Ports, number: int, tenant: str = CALLER.tenant) -> None:
    """Lay what was fetched into the bucket, as the egress function does."""
    (job,) = ports.jobs.items.values()  # type: ignore[attr-defined]
    ports.uploads.files[f"inputs/{tenant}/{job.id}/{number}"] = a_png()  # type: ignore[attr-defined]


def test_a_link_is_fetched_for_a_target_that_takes_bytes() -> None:
    """By the function with nothing to lose, into the job's own folder."""
    ports = strangers(ours=Fetched("", "image/png", len(a_png())))
    job = make_job(ports, "edit", image="https://ours.example.com/a.png?token=1")
    put(ports, 0)

    ended = run_workflow(ports, job)

    part = body_of(ports)["contents"][0]["parts"][1]["inlineData"]
    assert ended.status == "succeeded"
    assert part == {"mimeType": "image/png", "data": base64.b64encode(a_png()).decode()}


def test_what_was_fetched_serves_the_jobs_further_attempts() -> None:
    """Once a job, however many targets it goes through."""
    ports = strangers(ours=Fetched("", "image/png", len(a_png())))
    ports.wire.script = {"POST :generateContent": [steps.FAILED_503, steps.gemini_image()]}  # type: ignore[attr-defined]
    job = make_job(ports, "edit", image="https://ours.example.com/a.png?token=1")
    put(ports, 0)

    ended = run_workflow(ports, job)

    assert (ended.status, len(ended.attempts)) == ("succeeded", 2)
    assert ports.egress.fetched == ["https://ours.example.com/a.png?token=1"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (Unfetched("status_404"), "the answer was 404"),
        (Unfetched("address"), "its address is not a public one"),
        (Unfetched("too_large"), "it has more than 20971520 bytes"),
        (Unfetched("timeout"), "it was not here within 10 s"),
        (Unfetched("internal"), "it names a host of a private network or of AWS itself"),
        (Fetched("", "video/mp4", 9), "it is video/mp4 by its first bytes, and an image is needed"),
        (Fetched("", "", 0), "it is of no known media type by its first bytes, and an image is needed"),
    ],
)
def test_a_link_that_cannot_be_used_is_the_callers_mistake(found: Any, why: str) -> None:
    """Nothing is started; parameter and host are told, and nothing that may be a secret."""
    ports = strangers(theirs=found)
    job = make_job(ports, "edit", image="https://theirs.example.com/a.png?token=1")

    ended = run_workflow(ports, job)

    said = f"image: the file at theirs.example.com cannot be used: {why}"
    assert (ended.status, ended.error_code, starts(ports)) == ("failed", "input_unreachable", [])
    assert (ended.attempt.error, ended.attempt.message) == ("request", said)
    assert "token" not in ended.error_message


def test_a_fetch_that_breaks_here_is_not_the_callers_mistake() -> None:
    """The job goes on to a target that takes links."""
    ports = strangers(theirs=Unfetched("crashed"))
    targets = "[google/gemini-3-pro-image, fal/fal-ai/nano-banana-pro/edit]"
    chain_of = f"version: 1\nmodels:\n  edit: {{operations: [image_edit], targets: {targets}}}\n"
    ports = replace(ports, plan=plan_of(chain_of))
    picture = {"GET requests/r1": [FAL_PICTURE], "GET v3.fal.media": [HttpResponse(200, {}, a_png())]}
    ports.wire.script = {**steps.fal_works(), **picture}  # type: ignore[attr-defined]

    ended = run_workflow(ports, make_job(ports, "edit", image="https://theirs.example.com/a.png?token=1"))

    assert [each.code for each in ended.attempts] == ["input_not_fetched", ""]
    assert (ended.status, starts(ports)) == ("succeeded", ["queue.fal.run"])


def test_an_output_of_ours_is_an_input_by_its_link() -> None:
    """What one job made goes into the next, at targets of either kind, without leaving the bucket."""
    script = {"POST :predictLongRunning": [steps.FAILED_503], **steps.fal_works()}
    ports = make_ports(script)
    ports.uploads.files["r30/acme/gw_0/1/0.png"] = a_png()  # type: ignore[attr-defined]
    file_id = link.sign("r30/acme/gw_0/1/0.png", ports.now() + 60, ports.link_secret())

    ended = run_workflow(ports, make_job(ports, image=f"https://gw.example.com/v1/files/{file_id}"))

    assert ended.status == "succeeded"
    assert body_of(ports)["instances"][0]["image"]["mimeType"] == "image/png"
    assert body_of(ports, 1)["image_url"] == "https://bucket.example.com/r30/acme/gw_0/1/0.png?type=image/png"


@pytest.mark.parametrize(
    ("key", "ends_s", "spoilt", "text"),
    [
        ("r30/acme/gw_0/1/0.mp4", 60, "", "the file behind this link is video/mp4 by its first bytes"),
        ("r30/acme/gw_0/1/9.png", 60, "", "the file behind this link is gone"),
        ("r30/acme/gw_0/1/0.mp4", 0, "", "the retention time of this file is over"),
        ("r30/acme/gw_0/1/0.mp4", 60, "AA", "this link is not signed by this gateway"),
    ],
)
def test_a_link_of_ours_that_is_no_good_is_refused(key: str, ends_s: float, spoilt: str, text: str) -> None:
    """As a link and as an input by the same signature."""
    ports = make_ports({})
    ports.uploads.files["r30/acme/gw_0/1/0.mp4"] = a_video(1)  # type: ignore[attr-defined]
    file_id = link.sign(key, ports.now() + ends_s, ports.link_secret()) + spoilt

    error = refusal(ports, image=f"https://gw.example.com/v1/files/{file_id}")

    assert (error.code, error.param) == ("invalid_input", "image")
    assert text in str(error)


def test_a_provider_that_repeats_our_link_does_not_give_its_signature_away() -> None:
    """The trace shows where, not the key to it."""
    said = "cannot load https://bucket.example.com/uploads/acme/a.png?X-Amz-Signature=abc now"
    refused = answer({"detail": [{"type": "image_load_error", "msg": said}]}, 422)
    ports, reference = with_upload({"POST queue.fal.run": [refused]}, a_png())

    ended = run_workflow(ports, make_job(ports, "fal/fal-ai/veo3.1", image=reference))

    assert ended.attempt.message == "cannot load https://bucket.example.com/uploads/acme/a.png?… now"


def test_a_job_that_has_to_fetch_first_goes_through_the_workflow() -> None:
    """A caller's slow server does not hold the API."""
    ports = strangers(ours=Fetched("", "image/png", 9))
    ports = replace(ports, plan=hurried(ports.plan))

    accept.run(ports, make_job(ports, "edit", image="https://ours.example.com/a.png?token=1"), 1, False)

    assert len(ports.workflow.started) == 1  # type: ignore[attr-defined]
    assert starts(ports) == []


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/a.png", "https://metadata.internal/a.png", "https://gw.example.com/a.png"]
)
def test_a_hostile_link_is_refused_at_once(url: str) -> None:
    """By its text, with the parameter's name, before anything is stored."""
    error = refusal(make_ports({}), image=url)

    assert (error.code, error.param) == ("invalid_url", "image")


def test_lines_are_told_by_their_first_letter() -> None:
    """A batch's file is text, which has no magic bytes."""
    ports, reference = with_upload({}, b'\xef\xbb\xbf\n{"model": "x"}\n')

    found = uploads.find(ports, CALLER.tenant, reference, upload.LINES, "input")

    assert found.content_type == "application/jsonl"


def test_an_old_job_without_inputs_is_still_read() -> None:
    """What was stored before files were known goes on."""
    ports = make_ports(steps.fal_works())
    job = make_job(ports, "fal/fal-ai/veo3.1", image="https://a.example.com/1.png")

    assert run_workflow(ports, replace(job, inputs={})).status == "succeeded"


def test_a_file_that_comes_along_with_a_call_is_an_upload() -> None:
    """Its reference is good for every target, as that of any upload."""
    ports = make_ports({})

    reference = uploads.take(ports, CALLER.tenant, a_png(), "image", "image")

    found = uploads.find(ports, CALLER.tenant, reference, "image", "image")
    assert (found.content_type, found.bytes) == ("image/png", len(a_png()))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "mask: the file is empty."),
        (
            b"not a picture",
            "mask: the file is of no known media type by its first bytes, and an image is needed.",
        ),
        (a_video(), "mask: the file is video/mp4 by its first bytes, and an image is needed."),
    ],
)
def test_a_file_that_is_something_else_is_not_stored(data: bytes, problem: str) -> None:
    """It is refused by the name of its field."""
    ports = make_ports({})

    with pytest.raises(InvalidRequest, match=f"^{problem}$"):
        uploads.take(ports, CALLER.tenant, data, "image", "mask")

    assert ports.uploads.files == {}  # type: ignore[attr-defined]
