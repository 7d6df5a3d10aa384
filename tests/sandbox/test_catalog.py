"""The catalogue against the sandbox: what the one writes the other accepts, and the other way round.

Neither side knows the other. The gateway's own steps write each request and read each answer.
"""

import base64
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import httpx
import pytest

from gateway.domain import media, medium, request
from gateway.domain.outcome import Done, Failure, Pending, Reading
from gateway.plan import DIRECT, Model, Plan
from gateway.protocols import spoken, steps
from gateway.protocols.call import Call
from gateway.protocols.http import HttpRequest, HttpResponse
from infra.compile.local import Local, localise
from tests.builders import a_png, a_wav, catalog_plan
from tests.sweep import smallest

PROVIDERS = sorted(catalog_plan().providers)
MOST_LOOKS = 200
# Every so manyth model of all is run by itself; `make sweep` runs them all.
SPARSE = 25
every_provider = pytest.mark.parametrize("provider", PROVIDERS)

FAULTS = [
    ({"kind": "moderation"}, "moderation"),
    ({"kind": "fail_after_accept"}, "transient"),
    ({"kind": "status", "status": 429}, "capacity"),
    ({"kind": "status", "status": 504}, "timeout"),
]


@cache
def played(server: str) -> Plan:
    return localise(catalog_plan(), Local(server))


@cache
def calls(server: str, provider: str) -> dict[tuple[str, str], Call]:
    """Make the smallest call of each operation over each of a provider's protocols."""
    found: dict[tuple[str, str], Call] = {}
    for model in (model for model in played(server).models.values() if model.provider == provider):
        for operation, offer in model.offers.items():
            if (operation, offer.protocol) not in found:
                found[operation, offer.protocol] = call_of(server, model, operation)
    return found


def call_of(server: str, model: Model, operation: str) -> Call:
    """Make the smallest call of a model."""
    entry, offer = played(server).providers[model.provider], model.offers[operation]
    fit = request.fit(model, operation, smallest.call_of(model, operation), {})
    assert not fit.problems
    given = medium.filled(model.parameters, fit.arguments, file_of)
    protocol, region = entry.protocols[offer.protocol], next(iter(entry.base_urls))
    return Call(entry, protocol, offer, region, "gw_1-1", model.parameters, given, account={"project": "p-1"})


def file_of(place: medium.Place) -> medium.Medium:
    """Give a target a real picture or sound, by URL or inline."""
    heard = place.parameter.medium == "audio"
    data, media_type = (a_wav(), "audio/wav") if heard else (a_png(), "image/png")
    return medium.Medium(place.given, media_type, base64.b64encode(data).decode(), data)


def send(client: httpx.Client, asked: HttpRequest) -> HttpResponse:
    answer = client.request(asked.method, asked.url, headers=asked.headers, content=asked.body)
    return HttpResponse(answer.status_code, dict(answer.headers), answer.content)


def run(client: httpx.Client, call: Call, key: str = "k-1") -> Reading | dict[str, Any]:
    """Take a call from its start to its end."""
    if call.protocol.family:
        return spoken.read(call, send(client, spoken.request(call, key, time.time(), streamed=False)))
    step, kept = 0, {}
    for _ in range(MOST_LOOKS):
        asked = steps.request(call, call.protocol.steps[step], kept, key, time.time())
        reading = steps.read(call, step, kept, send(client, asked))
        if not isinstance(reading, Pending):
            return reading
        step, kept = reading.step, reading.kept
        time.sleep(0.02)
    raise AssertionError(f"{call.protocol.steps[step].url} never ended")


@pytest.fixture(scope="module")
def bare(server: str) -> Iterator[httpx.Client]:
    """
    Yield a client that adds no key of its own.
    """
    with httpx.Client(timeout=10) as client:
        yield client


@every_provider
def test_every_protocol_runs_to_real_files(
    server: str, sandbox: httpx.Client, bare: httpx.Client, provider: str
) -> None:
    """
    Each operation over each protocol ends in files of its modality, fetched as the gateway fetches them, or
    in words or numbers.
    """
    made = {name: run(bare, call) for name, call in calls(server, provider).items()}

    kinds = {name: kind_of(bare, reading) for name, reading in made.items()}
    assert kinds == {name: media.MODALITIES[name[0]] for name in made}


def test_listed_models_run_to_real_files(server: str, sandbox: httpx.Client, bare: httpx.Client) -> None:
    """
    Of every template of a long list one model, and not only the first of a provider: a sample of all of them.
    """
    models = [model for model in catalog_plan().models.values() if next(iter(model.offers)) not in DIRECT]
    chosen = {model.id: model for model in models[::SPARSE]}

    kinds = {
        name: kind_of(bare, run(bare, call_of(server, model, next(iter(model.offers)))))
        for name, model in chosen.items()
    }

    assert kinds == {name: media.MODALITIES[next(iter(model.offers))] for name, model in chosen.items()}


@every_provider
def test_every_chat_is_streamed_to_its_end(
    server: str, sandbox: httpx.Client, bare: httpx.Client, provider: str
) -> None:
    """
    In pieces that join to what comes in one, and with the count of its tokens.
    """
    for (operation, _), call in calls(server, provider).items():
        if operation != "chat":
            continue
        whole = run(bare, call)
        asked = spoken.request(call, "k-1", time.time(), streamed=True)

        chunks = list(spoken.chunks(call, [send(bare, asked).body]))

        assert isinstance(whole, dict)
        assert "".join(text_in(chunk) for chunk in chunks) == whole["choices"][0]["message"]["content"]
        assert chunks[-1]["usage"] == whole["usage"]


def text_in(chunk: dict[str, Any]) -> str:
    """Return what a chunk says."""
    return "".join(choice["delta"].get("content") or "" for choice in chunk["choices"])


@every_provider
def test_every_trouble_is_understood(
    server: str, break_: Callable[..., None], bare: httpx.Client, provider: str
) -> None:
    """
    However the provider words a refusal, a failure or a limit, its error table names the class.
    """
    call = next(iter(calls(server, provider).values()))
    wanted = {error: error for _, error in FAULTS} | {"credential": "credential"}

    came = {"credential": class_of(run(bare, call, "invalid-key"))}
    for fault, error in FAULTS:
        break_(provider, **fault)
        came[error] = class_of(run(bare, call))

    assert came == wanted


@every_provider
def test_a_job_is_canceled_where_that_can_be_done(
    server: str, sandbox: httpx.Client, bare: httpx.Client, provider: str
) -> None:
    """
    The provider takes the cancel of a job that it has just accepted.
    """
    stoppable = {name: call for name, call in calls(server, provider).items() if call.protocol.cancel}
    for call in stoppable.values():
        started = steps.request(call, call.protocol.steps[0], {}, "k-1", time.time())
        reading = steps.read(call, 0, {}, send(bare, started))
        assert isinstance(reading, Pending)
        assert call.protocol.cancel is not None

        answer = send(bare, steps.request(call, call.protocol.cancel, reading.kept, "k-1", time.time()))

        assert answer.status < 300


def kind_of(client: httpx.Client, reading: Reading | dict[str, Any]) -> str:
    """Tell the modality of what came by its first bytes, or why nothing came."""
    if isinstance(reading, dict):
        return "text" if "choices" in reading else "vector"
    if not isinstance(reading, Done):
        return str(reading)
    source = reading.sources[0]
    headers = {"x-goog-api-key": "k-1"} if source.keyed else {}
    data = source.data or client.get(source.url, headers=headers, follow_redirects=True).content
    found = media.sniff(data[:4096]) or media.sniff_text(data[:4096])
    return "text" if found in media.TEXTS else found.partition("/")[0]


def class_of(reading: Reading | dict[str, Any]) -> str:
    """Name a failure's class; some refuse by an answer that says so."""
    if isinstance(reading, dict) and reading["choices"][0]["finish_reason"] == "content_filter":
        return "moderation"
    return reading.error if isinstance(reading, Failure) else str(reading)
