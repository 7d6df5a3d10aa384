"""The main job, end to end: a request names a model, a real file comes back, priced and traced."""

from io import BytesIO
from typing import Any

import av
import httpx
import pytest
from PIL import Image

from tests.e2e.conftest import Gateway

pytestmark = pytest.mark.e2e

# Every public name of the shipped routes: what comes back, and its list price in dollars.
SHIPPED: dict[str, tuple[dict[str, Any], str, str]] = {
    "nano-banana-pro": ({}, "image/png", "0.134000"),
    "gpt-image": ({"quality": "low", "size": "1024x1024"}, "image/png", "0.0"),
    "flux-pro": ({}, "image/jpeg", "0.040000"),
    "seedream": ({}, "image/jpeg", "0.040000"),
    "veo-3.1": ({"duration": 4}, "video/mp4", "1.600000"),
    "kling-3.0-pro": ({"duration": 5}, "video/mp4", "0.56"),
    "runway-gen-4": ({"duration": 5}, "video/mp4", "0.600000"),
    "seedance-2.0": ({"duration": 5, "resolution": "480p"}, "video/mp4", "0.673000"),
    "eleven-v4": ({"prompt": "Good evening."}, "audio/mpeg", "0.001040"),
}


def test_the_first_call_answers_with_a_picture_at_list_price(gateway: Gateway) -> None:
    """The README's curl: 200, a link, a PNG that decodes."""
    answer = gateway.post("/v1/nano-banana-pro", {"prompt": "an editorial portrait, golden hour"})

    assert answer.status_code == 200
    job = answer.json()
    picture = Image.open(BytesIO(gateway.file(job)))
    picture.load()
    assert (picture.format, picture.size) == ("PNG", (1024, 1024))
    assert job["cost"]["usd"] == answer.headers["x-sluice-cost-usd"] == "0.134000"
    assert job["cost"]["lines"][0]["unit_usd"] == "0.134000"


def test_a_video_is_as_long_and_as_large_as_asked(gateway: Gateway) -> None:
    """Eight seconds at 1080p by an independent probe, and eight seconds at list price."""
    job = gateway.run("veo-3.1", duration=8, resolution="1080p")

    with av.open(BytesIO(gateway.file(job))) as video:
        stream = video.streams.video[0]
        assert (stream.width, stream.height) == (1920, 1080)
        assert float(video.duration or 0) / av.time_base == pytest.approx(8.0, abs=0.01)
    line = job["cost"]["lines"][0]
    assert (line["meter"], line["units"], line["unit_usd"]) == ("output_second", "8", "0.400000")
    assert job["cost"]["usd"] == "3.200000"
    assert job["outputs"][0]["duration_s"] == 8.0


@pytest.mark.parametrize("model", SHIPPED)
def test_every_shipped_name_brings_a_file_a_price_and_a_trace(gateway: Gateway, model: str) -> None:
    """One call each, as a newcomer tries them."""
    body, media_type, usd = SHIPPED[model]

    job = gateway.run(model, **body)

    assert job["status"] == "succeeded", job["error"]
    assert job["outputs"][0]["content_type"] == media_type
    assert len(gateway.file(job)) == job["outputs"][0]["bytes"]
    assert len(job["attempts"]) == 1
    assert job["cost"]["usd"].startswith(usd)


def test_a_catalogue_model_needs_no_route(gateway: Gateway) -> None:
    """`<provider>/<model>` works for every model of an enabled provider."""
    job = gateway.run("google/gemini-2.5-flash-image")

    assert (job["status"], job["cost"]["usd"]) == ("succeeded", "0.039000")


def test_the_job_form_takes_the_same_parameters(gateway: Gateway) -> None:
    """POST /v1/jobs with model and input; what steers the job stands beside the input."""
    body = {"model": "flux-pro", "input": {"prompt": "x"}, "customer_id": "c-1", "metadata": {"shot": "12"}}

    job = gateway.ended(gateway.post("/v1/jobs", body).json())

    assert (job["status"], job["customer_id"], job["metadata"]) == ("succeeded", "c-1", {"shot": "12"})


def test_a_link_works_without_a_key_and_not_after_tampering(gateway: Gateway) -> None:
    """The signature is the permission; a changed link is a clear 403."""
    url = gateway.run("nano-banana-pro")["output_url"]

    assert httpx.get(url, trust_env=False).status_code == 302
    forged = httpx.get(url[:-3] + "AAA", trust_env=False)
    assert (forged.status_code, forged.json()["error"]["code"]) == (403, "link_invalid")


def test_several_outputs_are_all_delivered_and_priced(gateway: Gateway) -> None:
    """Two pictures are two files and two units."""
    job = gateway.run("fal/fal-ai/nano-banana-pro", n=2)

    assert len(job["outputs"]) == 2
    assert (job["cost"]["lines"][0]["units"], job["cost"]["usd"]) == ("2", "0.300000")


def test_the_books_equal_the_traces(gateway: Gateway) -> None:
    """The month's counter is the sum of its entries."""
    gateway.run("nano-banana-pro")
    outputs = gateway.stack.outputs
    items = gateway.stack.cloud.client("dynamodb").scan(TableName=outputs["UsageTable"])["Items"]

    entries = [item for item in items if item["entry"]["S"].startswith("ledger#")]
    counters = [item for item in items if item["entry"]["S"].startswith("counter#")]
    for meter in ("list_micros", "billed_micros"):
        assert sum(int(e[meter]["N"]) for e in entries) == sum(int(c[meter]["N"]) for c in counters)
    assert entries


def test_models_and_documents_are_served(gateway: Gateway) -> None:
    """The list of models, one model by a name with slashes, the OpenAPI document, health."""
    names = {model["id"] for model in gateway.get("/v1/models").json()["data"]}

    assert set(SHIPPED) <= names
    assert gateway.get("/v1/models/google/veo-3.1-generate-001").json()["operations"]
    assert (
        httpx.get(f"{gateway.stack.base_url}/openapi.json", trust_env=False)
        .json()["openapi"]
        .startswith("3.1")
    )
    assert httpx.get(f"{gateway.stack.base_url}/health", trust_env=False).json()["status"] == "ok"
