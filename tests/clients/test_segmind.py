"""Segmind's own Python client: only its base URL and key are ours."""

import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from segmind import InferenceFailed, InferenceTimeout, SegmindClient, SegmindError

from tests.builders import a_png
from tests.e2e.conftest import Gateway

PROMPT = "a lighthouse in a storm"


@contextmanager
def calling(gateway: Gateway, key: str) -> Iterator[SegmindClient]:
    """Make a client as its users do; it cannot be closed by itself."""
    made = SegmindClient(api_key=key, base_url=f"{gateway.stack.base_url}/v1")
    try:
        yield made
    finally:
        made._client.close()


@pytest.fixture
def client(gateway: Gateway) -> Iterator[SegmindClient]:
    """A client with the key of the pro tier."""
    with calling(gateway, gateway.stack.api_key) as made:
        yield made


def test_a_call_that_waits_gets_the_file_itself(client: SegmindClient) -> None:
    """
    Bytes of the right type, and what they cost beside them.
    """
    answer = client.run_sync("nano-banana-pro", prompt=PROMPT, seed=7)

    assert answer.content.startswith(b"\x89PNG\r\n")
    assert answer.headers["content-type"] == "image/png"
    assert float(answer.headers["x-cost"]) == 0.134
    assert answer.headers["x-seed-value"] == "7"


def test_a_queued_request_is_polled_until_its_link_is_there(client: SegmindClient, gateway: Gateway) -> None:
    """
    The link works without a key.
    """
    result = client.run("eleven-v4", prompt=PROMPT)

    audio = gateway.http.get(result["output"], follow_redirects=True)
    assert result["status"] == "COMPLETED"
    assert audio.headers["content-type"] == "audio/mpeg"
    assert result["metrics"]["cost"] > 0


def test_a_handle_knows_how_its_request_stands(client: SegmindClient) -> None:
    """
    A caller that gives up early can come back for the same request.
    """
    job = client.submit_async("veo-3.1", prompt=PROMPT)

    early = job.status()["status"]
    with pytest.raises(InferenceTimeout, match="did not complete within"):
        job.wait(timeout=0)

    assert early in ("QUEUED", "PROCESSING")
    assert job.wait(timeout=60, interval=0.5)["request_id"] == job.request_id


def test_a_refused_prompt_fails_with_the_reason(client: SegmindClient, gateway: Gateway) -> None:
    """
    In the queue it is a failed request, in a call that waits an error.
    """
    gateway.break_provider("elevenlabs", kind="moderation")

    with pytest.raises(InferenceFailed) as queued:
        client.run("eleven-v4", prompt=PROMPT)
    with pytest.raises(SegmindError) as waited:
        client.run_sync("eleven-v4", prompt=PROMPT)

    assert queued.value.status_body["status"] == "FAILED"
    assert queued.value.detail == waited.value.detail
    assert waited.value.status == 400


@pytest.mark.parametrize(
    ("slug", "body", "status", "words"),
    [
        ("no-such-model", {"prompt": "x"}, 404, "unknown model 'no-such-model'"),
        ("veo-3.1", {"prompt": "x", "lenght": 3}, 400, "lenght: is not a parameter"),
        ("veo-3.1", {}, 400, "prompt: is required"),
    ],
)
def test_a_mistake_is_an_error_of_the_sdk(
    client: SegmindClient, slug: str, body: dict[str, object], status: int, words: str
) -> None:
    """
    Its detail is one sentence, whichever way the call goes.
    """
    for call in (client.run_sync, client.run):
        with pytest.raises(SegmindError, match=words) as caught:
            call(slug, **body)
        assert caught.value.status == status


def test_a_chat_is_answered_either_way(client: SegmindClient) -> None:
    """
    In the call, or asked for afterwards; by a prompt or by messages, with what it used.
    """
    model = "meta/llama-3.3-70b-instruct"

    at_once = client.chat_sync(model, prompt="Say hello.", temperature=0)
    queued = client.submit_chat(model, messages=[{"role": "user", "content": "Say hello."}])

    assert at_once.text
    assert at_once.finish_reason == "stop"
    assert at_once.usage is not None
    assert at_once.usage["completion_tokens"] > 0
    assert queued.wait().text


def test_a_chat_that_nobody_answers_fails_with_the_reason(client: SegmindClient, gateway: Gateway) -> None:
    """
    Like any other request.
    """
    gateway.break_provider("openai", kind="moderation")

    with pytest.raises(InferenceFailed) as queued:
        client.chat("gpt-terra", prompt="Say hello.")
    with pytest.raises(SegmindError) as waited:
        client.chat_sync("gpt-terra", prompt="Say hello.")

    assert queued.value.detail == waited.value.detail
    assert waited.value.status == 400


class HereInstead(httpx.HTTPTransport):
    """Lead what the SDK sends to fixed hosts to ours: its path stays."""

    def __init__(self, at: str) -> None:
        super().__init__()
        self._at = httpx.URL(at)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to our host."""
        request.url = request.url.copy_with(scheme="http", host=self._at.host, port=self._at.port)
        return super().handle_request(request)


@pytest.fixture
def led_here(gateway: Gateway) -> Iterator[SegmindClient]:
    """A client with the scope to see all that the SDK has, whose fixed hosts are ours."""
    keys = gateway.stack.cloud.keys(gateway.stack.outputs["KeysTable"])
    _, key = keys.create(name="all", tenant="all", tier="pro", scopes=("submit", "read", "admin"))
    with calling(gateway, key) as made:
        headers, here = made._client.headers, HereInstead(gateway.stack.base_url)
        made._client.close()
        made._client = httpx.Client(headers=headers, transport=here, timeout=30, base_url=made.base_url)
        yield made


def test_what_the_sdk_asks_of_fixed_hosts_is_served_on_ours(led_here: SegmindClient, tmp_path: Path) -> None:
    """
    Files, flows, lists, models, the account.
    """
    picture = tmp_path / "a.png"
    picture.write_bytes(led_here.run_sync("nano-banana-pro", prompt=PROMPT).content)

    (link,) = led_here.files.upload(picture)["file_urls"]
    edited = led_here.run("nano-banana-pro", prompt="at night", image=link)
    latest = led_here.generations.history()["data"][0]

    assert latest["request_id"] == edited["request_id"]
    assert latest["credits_deduction"] == 0.134
    assert led_here.generations.get(edited["request_id"])["model_status"] == "COMPLETED"
    assert led_here.generations.recent("nano-banana")["data"][0]["prompt"] == "at night"
    assert led_here.generations.list(model_name="no-such")["data"] == []
    assert "veo-3.1" in [model["slug"] for model in led_here.models.list()["models"]]
    assert led_here.accounts.current()["tier"] == "pro"
    flow = led_here.pixelflows.run("nano-banana-pro", data={"prompt": PROMPT}, poll_interval=1)
    assert (flow["status"], flow["output"][0]["value"]["type"]) == ("COMPLETED", "image")
    assert led_here.pixelflows.get_status(flow["request_id"])["output"] == flow["output"]


# Every method of the SDK that calls something -> its arguments, and whether it is answered or refused.
GONE = "gw_00000000000000000000000000"
TRAINING = dict.fromkeys(
    (
        "name",
        "data_source_path",
        "instance_prompt",
        "trigger_word",
        "base_model",
        "train_type",
        "machine_type",
    ),
    "x",
)
METHODS: dict[str, tuple[dict[str, Any], str]] = {
    "accounts.current": ({}, ""),
    "models.list": ({}, ""),
    "generations.recent": ({"model_name": "veo"}, ""),
    "generations.list": ({}, ""),
    "generations.history": ({}, ""),
    "generations.get": ({"request_id": GONE}, "not found"),
    "files.upload": ({"file_paths": "a.png"}, ""),
    "webhooks.get": ({}, ""),
    "webhooks.add": ({"webhook_url": "http://x", "event_types": ["PIXELFLOW"]}, "webhook_url|url"),
    "webhooks.update": (
        {"webhook_id": "wh_none", "webhook_url": "https://a.example", "event_types": ["GRAPH_RUN"]}, "wh_none"
    ),
    "webhooks.delete": ({"webhook_id": "wh_none"}, "wh_none"),
    "webhooks.logs": ({"webhook_id": "wh_none"}, "wh_none"),
    "pixelflows.run": ({"workflow_id": "none"}, "unknown model 'none'"),
    "pixelflows.poll": ({"poll_id": GONE}, "not found"),
    "pixelflows.get_status": ({"poll_id": GONE}, "not found"),
    "finetune.submit": (TRAINING, "models are not trained here"),
    "finetune.details": ({"request_id": "x"}, "models are not trained here"),
    "finetune.list": ({}, "models are not trained here"),
    "finetune.upload_presigned_url": ({"name": "x"}, "models are not trained here"),
    "finetune.access_update": ({"request_id": "x", "segmind_public": True}, "models are not trained here"),
    "finetune.file_download": ({"cloud_storage_url": "s3://x"}, "models are not trained here"),
}  # fmt: skip


def test_every_method_of_the_sdk_is_served_or_refused_in_its_form(
    led_here: SegmindClient, tmp_path: Path
) -> None:
    """
    None is missing above; a refusal is one sentence that says why.
    """
    (tmp_path / "a.png").write_bytes(a_png())
    spaces = {name: each for name, each in inspect.getmembers(type(led_here)) if isinstance(each, property)}
    found = {
        f"{space}.{name}"
        for space in spaces
        for name, _ in inspect.getmembers(getattr(led_here, space), inspect.ismethod)
        if not name.startswith("_")
    }

    told = {name: _asked(led_here, name, tmp_path) for name in METHODS}

    assert found == METHODS.keys()
    for name, (_, words) in METHODS.items():
        status, detail = told[name]
        assert status in ((400, 404) if words else (200,)), (name, detail)
        assert isinstance(detail, str), name
        assert re.search(words, detail), (name, detail)


def _asked(client: SegmindClient, name: str, folder: Path) -> tuple[int | None, Any]:
    """Call a method; return the status and the sentence that refuses it."""
    space, _, method = name.partition(".")
    arguments = {
        key: folder / each if key == "file_paths" else each for key, each in METHODS[name][0].items()
    }
    try:
        getattr(getattr(client, space), method)(**arguments)
    except SegmindError as refused:
        return refused.status, refused.detail
    return 200, ""


def test_a_key_that_nobody_knows_is_refused(gateway: Gateway) -> None:
    """
    With the status that the SDK's users look for.
    """
    with calling(gateway, "SG_0123456789abcdef") as stranger, pytest.raises(SegmindError) as caught:
        stranger.run_sync("veo-3.1", prompt=PROMPT)

    assert caught.value.status == 401
