"""Segmind's own Python client: only its base URL and key are ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from segmind import InferenceFailed, InferenceTimeout, SegmindClient, SegmindError

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


def test_what_the_sdk_asks_of_fixed_hosts_is_served_on_ours(
    client: SegmindClient, gateway: Gateway, tmp_path: Path
) -> None:
    """
    Files, lists, models, credits and the account.
    """
    headers, here = client._client.headers, HereInstead(gateway.stack.base_url)
    client._client.close()
    client._client = httpx.Client(headers=headers, transport=here, timeout=30)
    picture = tmp_path / "a.png"
    picture.write_bytes(
        client._client.post(f"{client.base_url}/nano-banana-pro", json={"prompt": PROMPT}).content
    )

    (link,) = client.files.upload(picture)["file_urls"]
    edited = client.run("nano-banana-pro", prompt="at night", image=link)
    latest = client.generations.history()["data"][0]

    assert latest["request_id"] == edited["request_id"]
    assert latest["credits_deduction"] == 0.134
    assert client.generations.get(edited["request_id"])["model_status"] == "COMPLETED"
    assert client.generations.recent("nano-banana")["data"][0]["prompt"] == "at night"
    assert client.generations.list(model_name="no-such")["data"] == []
    assert "veo-3.1" in [model["slug"] for model in client.models.list()["models"]]
    assert client.accounts.current()["tier"] == "pro"


def test_a_key_that_nobody_knows_is_refused(gateway: Gateway) -> None:
    """
    With the status that the SDK's users look for.
    """
    with calling(gateway, "SG_0123456789abcdef") as stranger, pytest.raises(SegmindError) as caught:
        stranger.run_sync("veo-3.1", prompt=PROMPT)

    assert caught.value.status == 401
