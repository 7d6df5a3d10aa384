"""Webhooks over the API: registered, changed, rotated, looked at, told again; and mistakes by name."""

import importlib
import json
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from gateway.domain.address import Posted
from gateway.domain.receiver import Delivery, Try
from tests.fakes.wire import FakeEgress
from tests.handlers.test_api import call
from tests.handlers.test_steps import SECRETLESS, begun, step

HOOKS = "/v1/admin/webhooks"
GOOD = {"url": "https://hooks.example.com/sluice", "events": ["job.succeeded", "job.failed"]}


def ask(api: ModuleType, method: str, path: str, body: Any = None, scopes: str = "submit read admin") -> Any:
    """Make a call as a tenant's admin."""
    status, document, _ = call(api, method, path, body, scopes=scopes)
    return status, document


@pytest.fixture
def hook(api: ModuleType) -> Any:
    """A webhook, new for each test."""
    for each in api._ports.webhooks.of("acme"):
        api._ports.webhooks.delete("acme", each.id)
    status, made = ask(api, "POST", HOOKS, GOOD)
    assert status == 201
    return made


def test_a_webhook_is_made_and_its_secret_shown_once(api: ModuleType, hook: dict[str, Any]) -> None:
    """Never again, neither in the list nor alone."""
    secret = hook.pop("secret")

    assert secret.startswith("whsec_")
    assert (hook["object"], hook["url"], hook["events"]) == ("webhook", GOOD["url"], GOOD["events"])
    assert ask(api, "GET", HOOKS) == (200, {"object": "list", "data": [hook]})
    assert ask(api, "GET", f"{HOOKS}/{hook['id']}") == (200, hook)


def test_a_webhook_is_changed_turned_off_and_on_and_deleted(api: ModuleType, hook: dict[str, Any]) -> None:
    """Field by field; what is not named stays."""
    path = f"{HOOKS}/{hook['id']}"

    assert ask(api, "PATCH", path, {"events": "*", "key_id": "key_1"})[1]["events"] == ["*"]
    off = ask(api, "PATCH", path, {"enabled": False})[1]
    on = ask(api, "PATCH", path, {"enabled": True, "key_id": None})[1]

    assert (off["enabled"], off["disabled"]["reason"], off["key_id"]) == (
        False,
        "turned off by its admin",
        "key_1",
    )
    assert (on["enabled"], on["disabled"], on["key_id"], on["url"]) == (True, None, None, GOOD["url"])
    assert ask(api, "DELETE", path) == (200, {"id": hook["id"], "object": "webhook", "deleted": True})
    assert ask(api, "GET", path)[0] == 404


def test_rotating_shows_the_next_secret(api: ModuleType, hook: dict[str, Any]) -> None:
    """A webhook's and a key's own; a look at the key's shows what signs now."""
    again = ask(api, "POST", f"{HOOKS}/{hook['id']}/rotate")[1]
    before, turned, after = (ask(api, verb, "/v1/webhook-secret")[1] for verb in ("GET", "POST", "GET"))

    assert again["secret"] != hook["secret"]
    assert before["secret"] != turned["secret"] == after["secret"]


@pytest.mark.parametrize(
    ("body", "code", "param", "said"),
    [
        ({"events": ["*"]}, "missing_parameter", "url", "is required"),
        ({"url": GOOD["url"]}, "missing_parameter", "events", "is required"),
        ({**GOOD, "url": "https://169.254.169.254/"}, "invalid_url", "url", "must have a name"),
        ({**GOOD, "url": "https://gw.example.com/"}, "invalid_url", "url", "leads back to this gateway"),
        ({**GOOD, "url": 7}, "invalid_parameter", "url", "a URL such as"),
        ({**GOOD, "events": ["job.done"]}, "unknown_event", "events", "unknown event 'job.done'"),
        ({**GOOD, "events": []}, "invalid_parameter", "events", "a list of job.succeeded"),
        ({**GOOD, "key_id": "acme"}, "invalid_parameter", "key_id", "the id of a key"),
        ({**GOOD, "secret": "mine"}, "unknown_parameter", "secret", "Known: url, events, key_id"),
    ],
)
def test_a_mistake_in_a_webhook_is_named(
    api: ModuleType, body: Any, code: str, param: str, said: str
) -> None:
    """And nothing is stored."""
    before = len(api._ports.webhooks.of("acme"))

    status, answer = ask(api, "POST", HOOKS, body)

    assert (status, answer["error"]["code"], answer["error"]["param"]) == (400, code, param)
    assert said in answer["error"]["message"]
    assert len(api._ports.webhooks.of("acme")) == before


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/rotate"),
        ("GET", "/deliveries"),
    ],
)
def test_a_webhook_that_does_not_exist_is_named(api: ModuleType, method: str, path: str) -> None:
    """By every call that needs one."""
    status, answer = ask(api, method, f"{HOOKS}/wh_none{path}", {"enabled": True})

    assert (status, answer["error"]["code"]) == (404, "webhook_not_found")
    assert "'wh_none'" in answer["error"]["message"]


@pytest.mark.parametrize("call_", [("POST", HOOKS), ("GET", HOOKS), ("DELETE", f"{HOOKS}/wh_1")])
def test_webhooks_are_for_admins(api: ModuleType, call_: tuple[str, str]) -> None:
    """A key that may only generate cannot send others' results somewhere."""
    status, answer = ask(api, *call_, GOOD, scopes="submit read")

    assert (status, answer["error"]["code"]) == (403, "not_allowed")


def test_a_tenant_has_twenty_webhooks_at_most(api: ModuleType, hook: dict[str, Any]) -> None:
    """All of them are read at each job's end."""
    statuses = [ask(api, "POST", HOOKS, GOOD)[0] for _ in range(20)]

    assert statuses == [201] * 19 + [409]


def test_a_job_is_told_with_the_deliveries_to_be_looked_at(
    api: ModuleType, hook: dict[str, Any], deployed: dict[str, str]
) -> None:
    """Through the steps of a delivery: a failed try, the next one; then once more on demand."""
    egress = FakeEgress([Posted(500), Posted(204)])
    job = call(api, "POST", "/v1/jobs", SECRETLESS, {"prefer": "respond-async"})[1]
    step("settle", {"tenant": "acme", "job": job["id"], "lost": True})
    (name,) = begun(deployed, job["id"])
    event = {"tenant": "acme", "job": job["id"], "webhook": hook["id"], "delivery": name}

    first, second = (tried(api, egress, event) for _ in range(2))
    again = ask(api, "POST", f"/v1/jobs/{job['id']}/redeliver")[1]["data"]

    assert (first["outcome"], second) == ("again", {"outcome": "done"})
    listed = ask(api, "GET", f"/v1/jobs/{job['id']}/deliveries")[1]["data"]
    assert [each["status"] for each in listed] == ["pending", "delivered"]
    assert [one["status"] for one in listed[1]["tries"]] == [500, 204]
    assert again == [listed[0]]
    assert begun(deployed, job["id"]) == [f"{name}-2", name]


def test_deliveries_of_a_webhook_come_in_pages(api: ModuleType, hook: dict[str, Any]) -> None:
    """The newest first; a page says what the next one comes after."""
    for n in range(3):
        told = Delivery("acme", f"gw_{n}-{hook['id']}", f"gw_{n}", hook["id"], "job.failed", 1000.0 + n)
        api._ports.deliveries.create(replace(told, tries=(Try(1000.0, 0, "timeout", 5),)))
    path = f"{HOOKS}/{hook['id']}/deliveries"

    first = asked(api, path, limit="2")
    rest = asked(api, path, limit="2", after=first["last_id"])

    assert [each["job"] for each in (*first["data"], *rest["data"])] == ["gw_2", "gw_1", "gw_0"]
    assert (first["has_more"], rest["has_more"], rest["last_id"]) == (True, False, None)
    assert first["data"][0]["tries"][0] == {
        "at": "1970-01-01T00:16:40.000Z",
        "status": None,
        "problem": "timeout",
        "ms": 5,
    }


def asked(api: ModuleType, path: str, **query: str) -> Any:
    """Read something with a query."""
    from tests.handlers.test_api import event

    given = {**event("GET", path, scopes="submit read admin"), "queryStringParameters": query}
    answer = api.handler(given, None)
    return json.loads(answer["body"])


@pytest.mark.parametrize(
    ("query", "code"), [({"limit": "0"}, "invalid_parameter"), ({"after": "x"}, "delivery_not_found")]
)
def test_a_wrong_page_is_named(
    api: ModuleType, hook: dict[str, Any], query: dict[str, str], code: str
) -> None:
    """Its size, or what it comes after."""
    assert asked(api, f"{HOOKS}/{hook['id']}/deliveries", **query)["error"]["code"] == code


def test_telling_again_takes_a_webhook_and_nothing_else(api: ModuleType) -> None:
    """Each mistake is named."""
    job = call(api, "POST", "/v1/jobs", SECRETLESS, {"prefer": "respond-async"})[1]
    path = f"/v1/jobs/{job['id']}/redeliver"

    codes = [ask(api, "POST", path, body)[1]["error"]["code"] for body in ({"to": 1}, {"webhook_id": 1}, {})]

    assert codes == ["unknown_parameter", "invalid_parameter", "not_ended"]


def test_a_dead_receiver_is_counted_for_the_alarm(
    api: ModuleType, hook: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """In CloudWatch's embedded metric format, which takes a line of the log for a number."""
    job = call(api, "POST", "/v1/jobs", SECRETLESS, {"prefer": "respond-async"})[1]
    ids = {"tenant": "acme", "job": job["id"]}
    step("settle", {**ids, "lost": True})

    event = {**ids, "webhook": hook["id"], "delivery": f"{job['id']}-{hook['id']}"}
    tried(api, FakeEgress([Posted(410)]), event)

    (found,) = (vars(record) for record in caplog.records if "DeadReceivers" in vars(record))
    (metric,) = found["_aws"]["CloudWatchMetrics"]
    assert (found["DeadReceivers"], metric["Namespace"], metric["Dimensions"]) == (
        1,
        "Sluice",
        [["FunctionName"]],
    )
    assert GOOD["url"] not in str(found)


def tried(api: ModuleType, egress: FakeEgress, event: dict[str, Any]) -> Any:
    """Run a step of a delivery, with a receiver that answers by a script."""
    notify = importlib.import_module("gateway.handlers.notify")
    return notify.answer(replace(api._ports, egress=egress), event)
