"""OpenAI's own Python client, for pictures, speech and films: base URL and key are all that is ours."""

import asyncio
import base64
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types import ImagesResponse
from PIL import Image

from tests.clients.network import Network, busy
from tests.e2e.conftest import Gateway


def png(side: int = 64) -> bytes:
    """Draw a picture that cannot be compressed: three bytes a pixel."""
    out = BytesIO()
    noise = Random(side).randbytes(side * side * 3)  # noqa: S311  a picture, not a secret
    Image.frombytes("RGB", (side, side), noise).save(out, "PNG", compress_level=0)
    return out.getvalue()


@pytest.fixture
def client(gateway: Gateway) -> Iterator[OpenAI]:
    """A client as its users make it, but for retries."""
    base = f"{gateway.stack.base_url}/v1"
    with OpenAI(base_url=base, api_key=gateway.stack.api_key, max_retries=0) as client:
        yield client


@contextmanager
def behind(network: Network, gateway: Gateway) -> Iterator[OpenAI]:
    """A client behind a network, with the retries that it has by itself."""
    base, http = f"{gateway.stack.base_url}/v1", httpx.Client(transport=network)
    with OpenAI(base_url=base, api_key=gateway.stack.api_key, http_client=http) as client:
        yield client


def test_pictures_come_as_links_with_their_cost(client: OpenAI) -> None:
    """
    Two pictures in the size that was asked for, at links that need no key; usage tells tokens and dollars.
    """
    answer = client.images.with_raw_response.generate(
        model="gpt-image", prompt="a lighthouse", n=2, size="1536x1024", quality="low", user="customer 7"
    )
    made = answer.parse()
    files = [httpx.get(str(each.url), follow_redirects=True).content for each in made.data or ()]

    assert [Image.open(BytesIO(file)).size for file in files] == [(1536, 1024)] * 2
    assert (made.size, made.quality, made.output_format) == ("1536x1024", "low", "png")
    assert made.usage is not None
    assert made.usage.total_tokens == made.usage.input_tokens + made.usage.output_tokens > 0
    assert float(answer.headers["x-sluice-cost-usd"]) == made.usage.model_extra["cost"] > 0  # type: ignore[index]
    assert made._request_id == answer.headers["x-sluice-job"]


def test_pictures_come_as_bytes_when_asked_for_in_a_shape_that_the_model_names_otherwise(
    client: OpenAI,
) -> None:
    """
    A model that knows ratios draws the nearest one to the size.
    """
    made = client.images.generate(
        model="nano-banana-pro", prompt="a dune", size="1792x1024", response_format="b64_json"
    )

    assert made.data
    width, height = Image.open(BytesIO(base64.b64decode(made.data[0].b64_json or ""))).size
    assert width / height == pytest.approx(16 / 9, rel=0.05)


def test_pictures_are_edited_from_files_that_come_along(gateway: Gateway) -> None:
    """
    Two files, one of more than 4 MB, through the async client.
    """
    base = f"{gateway.stack.base_url}/v1"
    large, small = png(1180), png()

    async def edited() -> ImagesResponse:
        async with AsyncOpenAI(base_url=base, api_key=gateway.stack.api_key) as client:
            files = [("sea.png", large), ("sky.png", small)]
            return await client.images.edit(
                model="gpt-image", image=files, prompt="add a boat", n=1, size="1024x1024"
            )

    made = asyncio.run(edited())

    assert len(large) > 4_000_000
    assert made.data
    assert made.data[0].url
    assert made.usage
    assert made.usage.input_tokens_details.image_tokens > 0


def test_a_file_that_is_too_large_for_a_call_goes_by_upload(client: OpenAI, gateway: Gateway) -> None:
    """
    Five megabytes are refused with the way out, and thirty as well; the way out works.
    """
    for side in (1300, 3200):
        with pytest.raises(openai.APIStatusError, match="/v1/uploads") as refused:
            client.images.edit(model="gpt-image", image=png(side), prompt="add a boat")
        assert (refused.value.status_code, refused.value.code) == (413, "body_too_large")

    begun = gateway.post("/v1/uploads", {"content_type": "image/png"}).json()
    form, file = begun["upload"], png(1300)
    httpx.post(form["url"], data=form["fields"], files={"file": file}).raise_for_status()
    answer = gateway.http.post(
        f"{gateway.stack.base_url}/v1/images/edits",
        data={"model": "gpt-image", "prompt": "add a boat"},
        files={"image": (None, begun["reference"])},
        headers={"authorization": f"Bearer {gateway.stack.api_key}"},
    )
    assert answer.status_code == 200, answer.text


WRONG: dict[str, tuple[dict[str, Any], type[openai.APIStatusError], str, str | None]] = {
    "model": ({"model": "gpt-imagf"}, openai.NotFoundError, "model_not_found", "model"),
    "parameter": (
        {"extra_body": {"glow": 3}},
        openai.BadRequestError,
        "unknown_parameter",
        "glow",
    ),
    "count": ({"n": 11}, openai.BadRequestError, "invalid_parameter", "n"),
    "form": ({"response_format": "tiff"}, openai.BadRequestError, "invalid_parameter", "response_format"),
    "stream": ({"stream": True}, openai.BadRequestError, "invalid_parameter", "stream"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_told_as_the_client_expects_it(client: OpenAI, case: str) -> None:
    """
    Its own class of error, with code and parameter.
    """
    given, kind, code, param = WRONG[case]

    with pytest.raises(kind) as refused:
        client.images.generate(**{"model": "gpt-image", "prompt": "a lighthouse", **given})

    assert (refused.value.code, refused.value.param) == (code, param)
    assert refused.value.request_id
    assert refused.value.type == "invalid_request_error"


def test_what_is_no_picture_starts_nothing(client: OpenAI, gateway: Gateway) -> None:
    """
    A text under a picture's name is told from its bytes.
    """
    before = len(gateway.requests("openai"))

    with pytest.raises(openai.BadRequestError, match="an image is needed") as refused:
        client.images.edit(model="gpt-image", image=("a.png", b"not a picture"), prompt="add a boat")

    assert (refused.value.code, refused.value.param) == ("invalid_input", "image")
    assert len(gateway.requests("openai")) == before


def test_a_lost_answer_is_fetched_again_and_not_paid_again(gateway: Gateway) -> None:
    """
    The client's own repetition gets the picture of its first try; the same call made anew gets another.
    """
    before = gateway.starts().count("openai")

    network = Network(loses=True)
    with behind(network, gateway) as client:
        client.images.generate(model="gpt-image", prompt="a lighthouse, lost", quality="low")
        started = gateway.starts().count("openai") - before
        client.images.generate(model="gpt-image", prompt="a lighthouse, lost", quality="low")

    first, again, anew = network.jobs
    assert (network.tries, started, first == again) == (3, 1, True)
    assert anew != first


def test_a_refusal_before_anything_began_is_followed_by_one_start(gateway: Gateway) -> None:
    """
    429 with a pause, then the picture.
    """
    before = gateway.starts().count("openai")

    network = Network(busy())
    with behind(network, gateway) as client:
        client.images.generate(model="gpt-image", prompt="a lighthouse, later", quality="low")

    assert (network.tries, gateway.starts().count("openai") - before) == (2, 1)


def test_a_refused_prompt_is_told_at_once(client: OpenAI, gateway: Gateway) -> None:
    """
    400 with the provider's reason and the job's id, and no other provider is asked.
    """
    gateway.break_provider("openai", kind="moderation")
    try:
        with pytest.raises(openai.BadRequestError) as refused:
            client.with_options(max_retries=2).images.generate(model="gpt-image", prompt="a lighthouse")
    finally:
        gateway.mend_provider("openai")

    assert refused.value.code == "moderation"
    assert refused.value.request_id == refused.value.body["job_id"]  # type: ignore[index]


def test_a_client_that_stops_waiting_finds_its_picture_later(gateway: Gateway, client: OpenAI) -> None:
    """
    Its timeout ends its call; the job goes on, and the same call with the same key gets it.
    """
    headers = {"Idempotency-Key": "impatient 1"}
    asked: dict[str, Any] = {"model": "gpt-image", "prompt": "a slow lighthouse", "extra_headers": headers}
    gateway.break_provider("openai", kind="slow", delay_s=0.4)
    before = gateway.starts().count("openai")
    try:
        with pytest.raises(openai.APITimeoutError):
            client.images.generate(**asked, timeout=0.7)
        made = client.images.generate(**asked)
    finally:
        gateway.mend_provider("openai")

    assert made.data
    assert gateway.starts().count("openai") - before == 1


def test_speech_is_streamed_into_a_file(client: OpenAI, tmp_path: Path) -> None:
    """
    The bytes of the file, with its type and what it cost.
    """
    path = tmp_path / "speech"

    with client.audio.speech.with_streaming_response.create(
        model="openai/tts-1", voice="nova", input="Good morning.", response_format="wav"
    ) as answer:
        answer.stream_to_file(path)

    assert path.read_bytes()[:4] == b"RIFF"
    assert (answer.headers["content-type"], len(path.read_bytes())) == (
        "audio/wav",
        int(answer.headers["content-length"]),
    )
    assert float(answer.headers["x-sluice-cost-usd"]) > 0


def test_a_film_is_made_waited_for_and_fetched(client: OpenAI) -> None:
    """
    The client's helpers see it through; it is listed until it is deleted.
    """
    film = client.videos.create_and_poll(
        model="veo-3.1",
        prompt="a lighthouse in a storm",
        seconds="4",
        size="1280x720",
        input_reference=("first.png", png(), "image/png"),
        poll_interval_ms=300,
    )
    content = client.videos.download_content(film.id)

    assert (film.status, film.seconds, film.size, film.progress) == ("completed", "4", "1280x720", 100)
    assert content.read()[4:8] == b"ftyp"
    assert film.id in [each.id for each in client.videos.list(limit=1)]
    assert client.videos.delete(film.id).deleted
    assert film.id not in [each.id for each in client.videos.list()]
    with pytest.raises(openai.NotFoundError):
        client.videos.retrieve(film.id)


def test_a_film_that_nobody_can_make_says_why(client: OpenAI, gateway: Gateway) -> None:
    """
    It ends as failed, with a reason, and has no content.
    """
    gateway.break_provider("runway", kind="moderation")
    try:
        film = client.videos.create_and_poll(model="runway-gen-4", prompt="a storm", poll_interval_ms=300)
    finally:
        gateway.mend_provider("runway")

    assert (film.status, film.error and film.error.code) == ("failed", "moderation")
    with pytest.raises(openai.NotFoundError, match="has no content"):
        client.videos.download_content(film.id)


def test_models_are_what_the_client_reads(client: OpenAI) -> None:
    """
    A name with slashes is one name.
    """
    model = client.models.retrieve("openai/gpt-image-2")

    assert (model.id, model.object, model.owned_by) == ("openai/gpt-image-2", "model", "openai")
    assert isinstance(model.created, int)
