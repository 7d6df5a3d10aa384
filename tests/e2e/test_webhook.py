"""Receivers are told how jobs ended: in time, again where they failed, signed so that anybody can check."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from gateway.aws.jobs import Jobs
from tests.e2e.conftest import Gateway
from tests.e2e.test_crash import wait_for
from tests.e2e.test_sweep import sweep

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
NODE = """
const { Webhook } = require("standardwebhooks");
const { secret, body, headers } = JSON.parse(require("fs").readFileSync(0));
console.log(new Webhook(secret).verify(body, headers).id);
"""
# The whole schedule of 75 hours in three seconds.
HURRY = 1e-5


@dataclass
class Receiver:
    """A server that keeps what it is told, and answers by a list, its last entry for ever."""

    url: str = ""
    answers: list[int] = field(default_factory=lambda: [204])
    told: list[tuple[dict[str, str], str]] = field(default_factory=list)

    def take(self, headers: dict[str, str], body: str) -> int:
        """Keep a message; return the status for it."""
        self.told.append((headers, body))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def types(self) -> list[str]:
        """Return the events, in order."""
        return [json.loads(body)["type"] for _, body in self.told]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on this machine."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            status = receiver.take({name.lower(): value for name, value in self.headers.items()}, body)
            self.send_response(status)
            self.send_header("location", "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield receiver
    server.shutdown()
    server.server_close()


@pytest.fixture
def admin(gateway: Gateway) -> Iterator[Gateway]:
    """An admin of a tenant of its own, so that nobody else's jobs are told of."""
    keys = gateway.stack.cloud.keys(gateway.stack.outputs["KeysTable"])
    scopes = ("submit", "read", "admin")
    _, key = keys.create(name="webhooks", tenant="webhooks", tier="pro", scopes=scopes)
    admin = replace(gateway, stack=replace(gateway.stack, api_key=key))
    yield admin
    for each in admin.get("/v1/admin/webhooks").json()["data"]:
        call(admin, "DELETE", f"/v1/admin/webhooks/{each['id']}")


def call(gateway: Gateway, method: str, path: str, body: Any = None) -> Any:
    """Make a call and return its document."""
    headers = {"authorization": f"Bearer {gateway.stack.api_key}"}
    answer = gateway.http.request(method, f"{gateway.stack.base_url}{path}", json=body, headers=headers)
    assert answer.status_code < 300, answer.text
    return answer.json()


def test_a_webhook_is_signed_and_tried_again(gateway: Gateway, receiver: Receiver) -> None:
    """The second try is the same message for its own time; both reference libraries take it."""
    receiver.answers = [500, 204]
    secret = gateway.get("/v1/webhook-secret").json()["secret"]

    answer = gateway.post("/v1/nano-banana-pro", {"prompt": "a fox", "webhook_url": receiver.url})
    job = gateway.ended(answer.json())
    wait_for(lambda: len(receiver.told) == 2)

    (first, _), (headers, body) = receiver.told
    assert first["webhook-id"] == headers["webhook-id"]
    assert int(headers["webhook-timestamp"]) - int(first["webhook-timestamp"]) >= 5
    event = Webhook(secret).verify(body, headers)
    assert verified_by_node(secret, headers, body) == job["id"]
    assert (event["type"], event["id"], event["data"]["status"]) == ("job.succeeded", job["id"], "succeeded")
    assert gateway.http.get(event["output_url"], follow_redirects=True).status_code == 200
    delivery = delivered(gateway, job)
    assert [(each["status"], each["problem"]) for each in delivery["tries"]] == [(500, None), (204, None)]


def test_every_way_to_an_end_tells_a_registered_webhook(admin: Gateway, receiver: Receiver) -> None:
    """Inline, by the workflow, by a cancel, by the sweeper where the one who ended the job died over it."""
    before = admin.run("nano-banana-pro")
    call(admin, "POST", "/v1/admin/webhooks", {"url": receiver.url, "events": ["*"]})

    clip = admin.submit("veo-3.1", duration=4)
    call(admin, "DELETE", f"/v1/jobs/{admin.submit('veo-3.1', duration=4)['id']}")
    admin.post("/v1/nano-banana-pro", {"prompt": "a fox"})
    admin.ended(clip)
    forget_to_tell(admin, before["id"])
    sweep(admin)

    wait_for(lambda: len(receiver.told) == 4)
    assert sorted(receiver.types()) == ["job.canceled", "job.succeeded", "job.succeeded", "job.succeeded"]


def test_a_dead_receiver_gets_ten_tries_and_a_gone_one_is_turned_off(
    admin: Gateway, receiver: Receiver
) -> None:
    """The whole schedule, with scaled waits; what was missed is told again when the receiver is back."""
    hook = call(admin, "POST", "/v1/admin/webhooks", {"url": receiver.url, "events": ["job.succeeded"]})
    receiver.answers = [307]
    with hurried(admin):
        job = admin.run("nano-banana-pro")
        wait_for(lambda: deliveries(admin, hook)[0]["status"] == "failed")
    (dead,) = deliveries(admin, hook)

    rotated = call(admin, "POST", f"/v1/admin/webhooks/{hook['id']}/rotate")
    receiver.answers = [410]
    begun = call(admin, "POST", f"/v1/jobs/{job['id']}/redeliver", {"webhook_id": hook["id"]})
    wait_for(lambda: deliveries(admin, hook)[0]["status"] == "failed")

    assert [each["status"] for each in dead["tries"]] == [307] * 10
    assert begun["data"][0]["id"] == deliveries(admin, hook)[0]["id"] != dead["id"]
    headers, body = receiver.told[-1]
    assert all(Webhook(secret).verify(body, headers) for secret in (hook["secret"], rotated["secret"]))
    assert call(admin, "GET", f"/v1/admin/webhooks/{hook['id']}")["disabled"]["reason"].endswith("410 Gone")


def verified_by_node(secret: str, headers: dict[str, str], body: str) -> str:
    """Have the reference library for Node check a message; return the job that it read."""
    message = json.dumps({"secret": secret, "headers": headers, "body": body})
    done = subprocess.run(
        ["node", "-e", NODE], cwd=ROOT, input=message, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def delivered(gateway: Gateway, job: dict[str, Any]) -> dict[str, Any]:
    """Return the only delivery of a job, once it has arrived."""
    found: list[dict[str, Any]] = []

    def arrived() -> bool:
        found[:] = call(gateway, "GET", f"/v1/jobs/{job['id']}/deliveries")["data"]
        return found[0]["status"] == "delivered"

    wait_for(arrived)
    (delivery,) = found
    return delivery


def deliveries(admin: Gateway, hook: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a webhook's deliveries; a first one that is not there yet counts as pending."""
    found: list[dict[str, Any]] = call(admin, "GET", f"/v1/admin/webhooks/{hook['id']}/deliveries")["data"]
    return found or [{"status": "pending"}]


def forget_to_tell(gateway: Gateway, job_id: str) -> None:
    """Leave a job as one does who dies between its end and its webhooks, more than a minute ago."""
    jobs = Jobs(gateway.stack.cloud.client("dynamodb"), gateway.stack.outputs["JobsTable"])
    job = jobs.get("webhooks", job_id)
    assert job is not None
    jobs.save(replace(job, untold=True, sweep_at=1))


@contextmanager
def hurried(gateway: Gateway) -> Iterator[None]:
    """Let the emulator's executions wait for a small part of their time."""
    set_scale(gateway, HURRY)
    try:
        yield
    finally:
        set_scale(gateway, 1)


def set_scale(gateway: Gateway, scale: float) -> None:
    """Set what the emulator multiplies waits by."""
    url = f"{gateway.stack.endpoint_url}/_ministack/config"
    gateway.http.post(url, json={"stepfunctions._SFN_WAIT_SCALE": scale}).raise_for_status()
