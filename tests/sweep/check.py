"""One model through a gateway: whether a real file or text comes of it, with a cost and a trace."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from gateway.domain import media
from gateway.plan import DIRECT, Model
from tests.sweep import smallest

PATIENCE_S = 300
ENDED = ("succeeded", "failed", "canceled", "expired")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one model.

    Args:
        fault: why it does not count; empty where it does.
        cost: dollars as the trace has them, or ``unpriced``.
    """

    model: str
    operation: str
    fault: str
    cost: str
    seconds: float


def check(http: httpx.Client, model: Model, files: Mapping[str, str]) -> Verdict:
    """Run a model by its first operation, and look at all that callers are promised."""
    name, operation = f"{model.provider}/{model.id}", next(iter(model.offers))
    begun = time.monotonic()
    try:
        call = smallest.call_of(model, operation, files)
        cost = (
            _talk(http, name, operation, call) if operation in DIRECT else _make(http, name, operation, call)
        )
        fault = ""
    except (AssertionError, httpx.HTTPError, KeyError, ValueError) as error:
        cost, fault = "", f"{type(error).__name__}: {error}"[:300]
    return Verdict(name, operation, fault, cost, round(time.monotonic() - begun, 1))


def _make(http: httpx.Client, name: str, operation: str, call: dict[str, Any]) -> str:
    """Run a job to its end, fetch its file, and return its cost."""
    body = {"model": name, "operation": operation, "input": call}
    answer = http.post("/v1/jobs", json=body, headers={"prefer": "respond-async"})
    _hold(answer.status_code in (200, 202), answer.text[:300])
    job = _ended(http, answer.json())
    _hold(job["status"] == "succeeded", str(job["error"] or job["status"]))
    _hold(bool(job["attempts"]) and job["attempts"][-1]["status"] == "succeeded", "no trace")
    file = httpx.get(job["output_url"], follow_redirects=True, timeout=60, trust_env=False)
    _hold(file.status_code == 200 and bool(file.content), f"its link answers {file.status_code}")
    probe = media.Probe(media.MODALITIES[operation])
    probe.feed(file.content)
    _hold(media.is_of(probe.content_type, media.MODALITIES[operation]), f"a file of {probe.content_type!r}")
    _hold(probe.content_type == job["outputs"][0]["content_type"], "told as another type than it is")
    return _cost(job)


def _talk(http: httpx.Client, name: str, operation: str, call: dict[str, Any]) -> str:
    """Chat or embed, and return the cost that the call's trace has."""
    path = "/v1/chat/completions" if operation == "chat" else "/v1/embeddings"
    answer = http.post(path, json={**call, "model": name})
    _hold(answer.status_code == 200, answer.text[:300])
    body = answer.json()
    said = body["choices"][0]["message"]["content"] if operation == "chat" else body["data"][0]["embedding"]
    _hold(bool(said), "nothing was said")
    job = http.get(f"/v1/jobs/{answer.headers['x-sluice-job']}").json()
    _hold(job["status"] == "succeeded" and bool(job["attempts"]), "no trace")
    return _cost(job)


def _ended(http: httpx.Client, job: dict[str, Any]) -> dict[str, Any]:
    until = time.monotonic() + PATIENCE_S
    while job["status"] not in ENDED:
        _hold(time.monotonic() < until, f"still {job['status']} after {PATIENCE_S} s")
        time.sleep(1)
        job = http.get(f"/v1/jobs/{job['id']}").json()
    return job


def _cost(job: dict[str, Any]) -> str:
    cost = job["cost"]
    _hold(
        (cost["usd"] is None) == (cost["status"] == "unpriced"),
        f"a cost of {cost['usd']} is {cost['status']}",
    )
    return str(cost["usd"] or "unpriced")


def _hold(true: bool, otherwise: str) -> None:
    if not true:
        raise AssertionError(otherwise)
