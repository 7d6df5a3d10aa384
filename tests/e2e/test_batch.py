"""A batch, end to end: a file of lines is uploaded, worked off by the real machine, and reported on."""

import json
import time
from typing import Any

import pytest

from tests.e2e.conftest import PATIENCE_S, Gateway
from tests.e2e.test_crash import kill_workers, wait_for

pytestmark = pytest.mark.e2e

MODELS = ("fal/fal-ai/flux/dev", "eleven-v4", "gpt-image")
UNKNOWN = json.dumps({"model": "veo-9", "input": {"prompt": "x"}})
# Every second line names an unknown model: two parts, and only half as many jobs to wait for.
BAD = dict.fromkeys(range(2, 61, 2), (UNKNOWN, "model_not_found")) | {
    7: ('{"model": "gpt-image", "input": ', "invalid_json"),
    58: (json.dumps({"model": "gpt-image", "input": {}}), "missing_parameter"),
}


def test_a_file_of_lines_becomes_jobs_and_reports(gateway: Gateway) -> None:
    """Sixty lines, half of them wrong; the parts' workers die, and a second execution works on the same."""
    batch = gateway.post("/v1/batches", {"input": uploaded(gateway, lines())}).json()
    wait_for(gateway.starts, PATIENCE_S)
    kill_workers(gateway, "FunctionsPart")
    run_again(gateway, batch)

    ended = ended_batch(gateway, batch)
    results, failures = (fetched(gateway, ended[name]) for name in ("results_url", "failures_url"))
    counts = ended["counts"]

    assert ended["status"] == "completed"
    assert (counts["total"], counts["succeeded"], counts["invalid"]) == (60, 60 - len(BAD), len(BAD)), (
        failures
    )
    assert [each["line"] for each in results] == list(range(1, 61))
    assert {each["line"]: each["error"]["code"] for each in failures} == {n: BAD[n][1] for n in BAD}
    assert {each["custom_id"] for each in results if each["job"]} == {
        f"c-{n}" for n in range(1, 61) if n not in BAD
    }
    assert len(gateway.starts()) == 60 - len(BAD)
    assert gateway.http.get(results[0]["job"]["output_url"], follow_redirects=True).status_code == 200


def test_a_canceled_batch_ends_and_starts_nothing_more(gateway: Gateway) -> None:
    """Videos that render are canceled, the others never start; the list has the batch on top."""
    line = {"model": "veo-3.1", "input": {"prompt": "a storm", "duration": 8}}
    batch = gateway.post("/v1/batches", {"requests": [line] * 3, "metadata": {"order": "7"}}).json()
    wait_for(gateway.starts, PATIENCE_S)

    url = f"{gateway.stack.base_url}/v1/batches/{batch['id']}"
    canceled = gateway.http.delete(url, headers={"authorization": f"Bearer {gateway.stack.api_key}"})
    ended = ended_batch(gateway, batch)
    newest = gateway.get("/v1/batches?limit=1").json()

    assert (canceled.status_code, canceled.json()["status"]) == (202, "finalizing")
    assert (ended["status"], ended["counts"]["canceled"]) == ("canceled", 3)
    assert (newest["data"], newest["has_more"]) == ([ended], True)


def test_a_replay_goes_to_the_target_that_delivered(gateway: Gateway) -> None:
    """Google is down and fal delivers; mended, the replay goes to fal all the same, with the same seed."""
    gateway.break_provider("google", kind="status", status=503)
    first = gateway.run("nano-banana-pro")
    gateway.mend_provider("google")

    again = gateway.ended(gateway.post(f"/v1/jobs/{first['id']}/replay", {}).json())

    assert [each["provider"] for each in again["attempts"]] == ["fal"]
    assert (again["replay_of"], again["seed"]) == (first["id"], first["seed"])


def lines() -> bytes:
    """Write the file."""
    good = (
        json.dumps({"model": MODELS[n % 3], "input": {"prompt": f"a fox, {n}"}, "custom_id": f"c-{n}"})
        for n in range(1, 61)
    )
    return "".join(f"{BAD[n][0] if n in BAD else line}\n" for n, line in enumerate(good, 1)).encode()


def uploaded(gateway: Gateway, data: bytes) -> str:
    """Send a file by the form, and return its reference."""
    form = gateway.post("/v1/uploads", {"content_type": "application/jsonl"}).json()
    upload = form["upload"]
    sent = gateway.http.post(upload["url"], data=upload["fields"], files={"file": data})
    assert sent.status_code < 300, sent.text
    reference: str = form["reference"]
    return reference


def run_again(gateway: Gateway, batch: dict[str, Any]) -> None:
    """Start a second execution of a batch beside the first."""
    gateway.stack.cloud.client("stepfunctions").start_execution(
        stateMachineArn=gateway.stack.outputs["BatchWorkflow"],
        name=f"{batch['id']}-2",
        input=json.dumps({"tenant": "default", "batch": batch["id"]}),
    )


def ended_batch(gateway: Gateway, batch: dict[str, Any]) -> dict[str, Any]:
    """Poll a batch until it has ended."""
    until = time.monotonic() + 2 * PATIENCE_S
    while not batch["finished_at"]:
        assert time.monotonic() < until, f"still {batch}"
        time.sleep(0.5)
        batch = gateway.get(f"/v1/batches/{batch['id']}").json()
    return batch


def fetched(gateway: Gateway, url: str) -> list[dict[str, Any]]:
    """Read a report by its link, without a key."""
    answer = gateway.http.get(url, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]
