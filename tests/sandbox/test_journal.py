"""What the control API tells about the calls."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import httpx

Journal = Callable[[], list[dict[str, Any]]]
PATH = "/fal/fal-ai/flux-2-pro"


def test_an_entry_says_what_was_started_and_never_the_key(sandbox: httpx.Client, journal: Journal) -> None:
    """
    A submit's entry holds the model, the job, and the fingerprint of the key.
    """
    job = sandbox.post(PATH, json={"prompt": "a fox"}).json()["request_id"]

    entry = journal()[0]

    assert entry.pop("at") > 1_600_000_000
    assert entry == {
        "provider": "fal",
        "method": "POST",
        "path": "/fal-ai/flux-2-pro",
        "model": "fal-ai/flux-2-pro",
        "credential": sha256(b"key").hexdigest()[:12],
        "status": 200,
        "billable_start": True,
        "provider_job_id": job,
        "prompt": sha256(b"a fox").hexdigest()[:12],
    }


def test_a_poll_names_its_job_and_starts_nothing(sandbox: httpx.Client, journal: Journal) -> None:
    """
    Only the submit is billable.
    """
    job = sandbox.post(PATH, json={"prompt": "a fox"}).json()
    sandbox.get(job["status_url"])

    entry = journal()[1]

    assert (entry["provider_job_id"], entry["model"]) == (job["request_id"], "fal-ai/flux-2-pro")
    assert entry["status"] in (200, 202)  # it may be over by then
    assert entry["billable_start"] is False


def test_entries_are_chosen_by_provider_and_instant(sandbox: httpx.Client) -> None:
    """
    ``provider`` and ``since`` leave the others out.
    """
    for path in (PATH, "/elevenlabs/v1/sound-generation", PATH):
        sandbox.post(path, json={"prompt": "a fox", "text": "thunder"})
    entries = sandbox.get("/_sandbox/requests", params={"provider": "fal"}).json()["requests"]

    later = sandbox.get("/_sandbox/requests", params={"provider": "fal", "since": entries[1]["at"]}).json()[
        "requests"
    ]

    assert len(entries) == 2
    assert later == entries[1:]


def test_reset_forgets_everything(sandbox: httpx.Client, journal: Journal) -> None:
    """
    Faults, limits, calls and jobs are gone.
    """
    job = sandbox.post(PATH, json={"prompt": "a fox"}).json()
    sandbox.put("/_sandbox/faults/fal", json={"kind": "status"})
    sandbox.put("/_sandbox/limits/fal", json={"rpm": 1})

    sandbox.post("/_sandbox/reset")

    assert journal() == []
    assert sandbox.get("/_sandbox/faults/fal").json() == {"provider": "fal", "fault": None}
    assert sandbox.get("/_sandbox/limits/fal").json() == {"provider": "fal", "limits": None}
    assert sandbox.get(job["status_url"]).status_code == 404


def test_an_unknown_provider_is_told_the_known_ones(sandbox: httpx.Client) -> None:
    """
    A typing mistake in a provider's name is answered with the names.
    """
    known = ", ".join(sandbox.get("/_sandbox/health").json()["providers"])

    answers = [sandbox.put("/_sandbox/faults/fall", json={"kind": "hang"}), sandbox.post("/fall/v1", json={})]

    assert [answer.status_code for answer in answers] == [400, 404]
    assert {a.json()["error"]["message"] for a in answers} == {
        f"unknown provider 'fall'. Known providers: {known}"
    }
