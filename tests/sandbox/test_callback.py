"""Callbacks as the sandbox makes them: signed as their providers sign, and wrong when it is told to be."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest

from gateway.protocols import mapping, signatures
from gateway.wire import Callback, Signature
from tests.builders import catalog_plan

Break = Callable[..., None]
# How a job of each provider is started that shall call: path, what the body says.
STARTS: dict[str, tuple[str, dict[str, Any]]] = {
    "fal": ("/fal-ai/veo3.1", {"prompt": "a fox"}),
    "replicate": ("/v1/models/minimax/video-01/predictions", {"input": {"prompt": "a fox"}}),
    "luma": ("/dream-machine/v1/generations/video", {"model": "ray-2", "prompt": "a fox"}),
    "kling": ("/v1/videos/text2video", {"model_name": "kling-v3", "prompt": "a fox"}),
    "bfl": ("/v1/flux-pro-1.1", {"prompt": "a fox"}),
    "bytedance-ark": (
        "/api/v3/contents/generations/tasks",
        {"model": "seedance-1-0-pro-250528", "content": [{"type": "text", "text": "a fox"}]},
    ),
    "assemblyai": (
        "/v2/transcript",
        {"audio_url": "https://example.com/talk.wav", "speech_models": ["universal-3-pro"]},
    ),
    "minimax": ("/v1/video_generation", {"model": "MiniMax-Hailuo-2.3", "prompt": "a fox"}),
}


# These call at the end alone.
ONCE = ("fal", "replicate", "bfl", "assemblyai")


def callback_of(provider: str) -> Callback:
    """Return how a provider calls, by the catalogue."""
    protocols = catalog_plan().providers[provider].protocols.values()
    return next(protocol.callback for protocol in protocols if protocol.callback)


@contextmanager
def receiving() -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """Take calls; echo what is a challenge."""
    taken: list[tuple[dict[str, str], bytes]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if b"challenge" not in body:
                taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/here", taken
    server.shutdown()
    server.server_close()


def start(sandbox: httpx.Client, provider: str, url: str) -> None:
    """Start a job that shall call, as the catalogue's entry asks for it."""
    path, body = STARTS[provider]
    names, asked = {"callback": url, "password": "w-1"}, callback_of(provider)
    answer = sandbox.post(
        f"/{provider}{path}",
        json={**body, **mapping.fill(asked.body, names)},
        params=mapping.fill(asked.query, names),
    )
    assert answer.status_code < 300, answer.text


def made(sandbox: httpx.Client, count: int) -> list[dict[str, Any]]:
    """Wait until so many calls were made."""
    for _ in range(400):
        found: list[dict[str, Any]] = sandbox.get("/_sandbox/callbacks").json()["callbacks"]
        if len(found) >= count:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{len(found)} calls, not {count}")


def genuine(
    sandbox: httpx.Client, provider: str, signature: Signature, call: tuple[dict[str, str], bytes]
) -> bool:
    """Check a call as the gateway does, with the keys that the sandbox hands out."""
    keys = [b"w-1"]
    if signature.keys:
        bases = {"base": f"/{provider}/v1"}
        path = signature.keys.replace("https://rest.fal.ai", "/fal").format_map(bases)
        keys = signatures.keys_of(signature, sandbox.get(path).json())
    return signatures.genuine(signature, *call, keys, time.time())


@pytest.mark.parametrize("provider", STARTS)
def test_a_provider_calls_when_it_is_done_and_proves_who_it_is(sandbox: httpx.Client, provider: str) -> None:
    """
    The catalogue's entry asks for the call, reads its end in it, and its signature is genuine.
    """
    callback = callback_of(provider)

    with receiving() as (url, taken):
        start(sandbox, provider, url)
        made(sandbox, 1 if provider in ONCE else 2)

    headers, body = taken[-1]
    assert callback.status == "" or mapping.first(json.loads(body), callback.status) in callback.ends
    assert not callback.signature or genuine(sandbox, provider, callback.signature, (headers, body))


def test_every_provider_that_calls_is_played() -> None:
    """
    None of the catalogue is forgotten here.
    """
    calling = {
        name
        for name, provider in catalog_plan().providers.items()
        if any(protocol.callback for protocol in provider.protocols.values())
    }

    assert calling == set(STARTS)


@pytest.mark.parametrize("provider", ["fal", "replicate", "bfl", "assemblyai"])
def test_a_forged_call_comes_before_and_is_seen_to_be_one(
    sandbox: httpx.Client, break_: Break, provider: str
) -> None:
    """
    It claims the end; its signature is somebody else's.
    """
    break_(provider, "forged_callback")
    signature = callback_of(provider).signature
    assert signature

    with receiving() as (url, taken):
        start(sandbox, provider, url)
        calls = made(sandbox, 2)

    assert [call["forged"] for call in calls] == [True, False]
    assert [genuine(sandbox, provider, signature, call) for call in taken] == [False, True]


def test_a_call_is_lost_or_comes_twice(sandbox: httpx.Client, break_: Break) -> None:
    """
    As the fault says.
    """
    with receiving() as (url, taken):
        break_("fal", "no_callback")
        start(sandbox, "fal", url)
        break_("fal", "repeated_callback")
        start(sandbox, "fal", url)
        made(sandbox, 2)
        time.sleep(0.2)

    assert len(taken) == 2
    assert taken[0][1] == taken[1][1]


def test_who_does_not_answer_is_called_again(sandbox: httpx.Client) -> None:
    """
    A few times, and then given up.
    """
    start(sandbox, "fal", "http://127.0.0.1:9/nobody")

    assert [call["status"] for call in made(sandbox, 3)] == [0, 0, 0]
