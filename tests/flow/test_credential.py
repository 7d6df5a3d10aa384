"""Keys that are exchanged for tokens: once for many calls, by whoever brought them, and never as a start."""

import base64
import json
from dataclasses import replace
from functools import cache

import pytest

from gateway.domain.job import Job
from gateway.domain.outcome import Failure
from gateway.flow import attempt, chain
from gateway.flow.ports import Ports
from gateway.protocols.http import HttpRequest
from sluice.sandbox import account
from tests.builders import a_png, a_video, answer, make_job, make_ports, plan_of
from tests.fakes.wire import Answer
from tests.flow.chat import line
from tests.flow.steps import latest, run_workflow

ROUTES = """
version: 1
models:
  photo: {operations: [text_to_image], targets: [vertex/gemini-3-pro-image, fal/fal-ai/nano-banana-pro]}
  drawing: {operations: [text_to_image], targets: [fal/fal-ai/nano-banana-pro]}
  film: {operations: [text_to_video], targets: [vertex/veo-3.1-generate-001]}
"""
PROVIDERS = "version: 1\nproviders:\n  vertex: {secret: v}\n  fal: {secret: f}\n"
TOKENS = "POST oauth2.googleapis.com"
PICTURE = answer(
    {"candidates": [{"content": {"parts": [{"inlineData": {"data": base64.b64encode(a_png()).decode()}}]}}]}
)
FAL = {
    "POST queue.fal.run": [
        answer({"request_id": "r", "status_url": "u", "response_url": "u", "cancel_url": "u"})
    ],
}


@cache
def our_file() -> str:
    return account.key_file()


def gave(token: str, lasts_s: int = 3599) -> Answer:
    return answer({"access_token": token, "expires_in": lasts_s})


def ports_with(**script: list[Answer]) -> Ports:
    """Make ports whose account is Google's; the tokens are given in order."""
    rules = {TOKENS: script["tokens"], "POST :generateContent": script.get("made", [PICTURE]), **FAL}
    rules |= {"POST :predictLongRunning": script.get("begun", []), "POST :fetch": script.get("found", [])}
    ports = make_ports(rules, plan_of(ROUTES, PROVIDERS))
    ports.secrets.named["v"] = our_file()
    return ports


def sent(ports: Ports, part: str) -> list[HttpRequest]:
    return [request for request in ports.wire.sent if part in request.url]


def made(ports: Ports, **body: object) -> Job:
    return run_workflow(ports, make_job(ports, "photo", **body))


def test_one_token_serves_many_calls_below_the_accounts_project() -> None:
    """The second job asks for none."""
    ports = ports_with(tokens=[gave("t-1")])

    jobs = [made(ports), made(ports)]

    calls = sent(ports, ":generateContent")
    assert [job.status for job in jobs] == ["succeeded"] * 2
    assert len(sent(ports, "oauth2")) == 1
    assert {call.headers["Authorization"] for call in calls} == {"Bearer t-1"}
    assert {"projects/sandbox-project/locations/global" in call.url for call in calls} == {True}


def test_a_token_is_asked_for_anew_before_it_ends() -> None:
    """Five minutes before, and the old one is forgotten."""
    ports = ports_with(tokens=[gave("t-1"), gave("t-2")])
    made(ports)
    ports.sleep(3299)

    made(ports)

    assert sent(ports, ":generateContent")[-1].headers["Authorization"] == "Bearer t-2"
    assert [grant.secret for grant in ports.grants.values()] == ["t-2"]


def test_a_callers_own_key_file_gets_a_token_and_a_project_of_its_own() -> None:
    """It is exchanged where the catalogue says, whatever address it names itself, and is nobody else's."""
    theirs = json.loads(account.key_file("https://evil.example.com/token", name="theirs"))
    ports = ports_with(tokens=[gave("ours"), gave("theirs")])
    made(ports)

    made(ports, byok={"vertex": json.dumps(theirs | {"project_id": "their-project"})})
    made(ports)

    calls = sent(ports, ":generateContent")
    assert [call.headers["Authorization"][7:] for call in calls] == ["ours", "theirs", "ours"]
    assert "projects/their-project/" in calls[1].url
    assert not sent(ports, "evil.example.com")


def test_the_key_goes_to_nobody_and_the_token_is_not_stored() -> None:
    """Not in a request, and neither of them in a job."""
    ports = ports_with(tokens=[gave("t-hush")])

    job = made(ports)

    key = json.loads(our_file())["private_key"][40:80]
    assert all(key not in f"{request.headers} {request.body!r} {request.url}" for request in ports.wire.sent)
    assert "t-hush" not in repr(job)
    assert "t-hush" not in repr(ports.grants)


@pytest.mark.parametrize(
    ("tokens", "error"),
    [
        (answer({"error": "invalid_grant"}, 400), "credential"),
        (answer("<html>"), "transient"),
        (answer({}, 503), "transient"),
        (Failure("timeout", "timeout", "no answer within 10 s"), "timeout"),
    ],
)
def test_without_a_token_nothing_is_started_and_the_next_target_is_tried(tokens: Answer, error: str) -> None:
    """Whatever the token endpoint says; the attempt tells why, and was never on its way."""
    ports = ports_with(tokens=[tokens])
    job = chain.advance(ports, make_job(ports, "photo")).job

    outcome = attempt.start(ports, job, 1)

    assert outcome.word == "next"
    assert (outcome.job.attempt.error, outcome.job.attempt.started_at) == (error, None)
    assert not sent(ports, ":generateContent")


def test_a_secret_that_is_no_key_file_is_the_operators_to_mend() -> None:
    """Nothing is sent, not even to the token endpoint."""
    ports = ports_with(tokens=[gave("t")])
    ports.secrets.named["v"] = "AIza-a-plain-key"
    job = chain.advance(ports, make_job(ports, "photo")).job

    ended = attempt.start(ports, job, 1).job.attempt

    assert (ended.error, ended.code) == ("credential", "key_unusable")
    assert "AIza" not in ended.message
    assert ports.wire.sent == []


@pytest.mark.parametrize("key", ["AIza\r\nx-evil: 1", '{\n  "private_key": "hush"\n}', "AIza-hüsh"])
def test_a_key_that_no_header_carries_is_not_sent_and_not_told(key: str) -> None:
    """A key file where a plain key is wanted would be an error that repeats it, deep in the wire."""
    ports = ports_with(tokens=[gave("t")])
    job = chain.advance(ports, make_job(ports, "drawing", byok={"fal": key})).job

    ended = attempt.start(ports, job, 1).job.attempt

    assert (ended.error, ended.code) == ("credential", "key_unusable")
    assert not any(word in ended.message for word in ("AIza", "hush", "hüsh"))
    assert ports.wire.sent == []


class Died(Exception):
    """The worker is gone."""


def test_a_worker_that_dies_while_it_asks_for_a_token_has_started_nothing() -> None:
    """The next one starts the job, which is not held for one that may have been billed."""
    ports = ports_with(tokens=[Died(), gave("t")])
    job = chain.advance(ports, make_job(ports, "photo")).job
    with pytest.raises(Died):
        attempt.start(ports, job, 1)

    assert attempt.start(ports, latest(ports, job), 1).word == "delivered"
    assert len(sent(ports, ":generateContent")) == 1


def test_a_token_that_takes_its_time_leaves_the_call_the_rest() -> None:
    """Both together keep to the deadline, so that no lease runs out under the call."""
    ports = ports_with(tokens=[gave("t")])
    limits: list[float] = []
    job = chain.advance(ports, make_job(ports, "photo")).job
    slow = _Slow(ports, limits)

    attempt.start(replace(ports, wire=slow), job, 1, 20)

    assert limits == [10, 13]


class _Slow:
    """A wire on which a token takes seven seconds."""

    def __init__(self, ports: Ports, limits: list[float]) -> None:
        self._ports, self._limits = ports, limits

    def send(self, request: HttpRequest, deadline_s: float) -> Answer:
        self._limits.append(deadline_s)
        self._ports.sleep(7 if "oauth2" in request.url else 0)
        return self._ports.wire.send(request, deadline_s)


NAME = "projects/p/locations/l/publishers/google/models/veo-3.1-generate-001/operations/o-1"
FILM = {"name": NAME, "done": True, "response": {"videos": [{"bytesBase64Encoded": ""}]}}


def test_a_clip_inside_a_look_is_delivered() -> None:
    """It goes to its own region, is asked for by its name, and is stored from the answer."""
    clip = base64.b64encode(a_video(8, 1280, 720)).decode()
    done = answer(FILM | {"response": {"videos": [{"bytesBase64Encoded": clip}]}})
    ports = ports_with(
        tokens=[gave("t")], begun=[answer({"name": NAME})], found=[answer({"name": NAME}), done]
    )

    job = run_workflow(ports, make_job(ports, "film"))

    assert job.status == "succeeded"
    assert (job.outputs[0].content_type, job.outputs[0].width) == ("video/mp4", 1280)
    assert {"locations/us-central1" in request.url for request in sent(ports, "veo")} == {True}
    assert {request.body for request in sent(ports, ":fetch")} == {
        json.dumps({"operationName": NAME}, separators=(",", ":")).encode()
    }


def test_a_clip_that_is_too_large_for_an_answer_fails_at_once() -> None:
    """It would be too large at every look, until the deadline."""
    large = Failure("transient", "too_large", "the answer is above 67108864 bytes")
    ports = ports_with(tokens=[gave("t")], begun=[answer({"name": NAME})], found=[large])

    job = run_workflow(ports, make_job(ports, "film"))

    assert (job.status, job.attempt.code) == ("failed", "too_large")
    assert len(sent(ports, ":fetch")) == 1


def test_a_chat_goes_out_with_a_token_too() -> None:
    """A chat's own way to a provider exchanges the key as well, and keeps the token for the next one."""
    said = {"candidates": [{"content": {"parts": [{"text": "hello"}]}, "finishReason": "STOP"}]}
    bare, wire = line.on({"oauth2": [gave("t")], "aiplatform": [answer(said)]})
    ports = replace(bare, plan=plan_of(ROUTES, PROVIDERS))
    bare.secrets.named["v"] = our_file()

    heard = [line.whole(ports, model="vertex/gemini-3.8-flash") for _ in range(2)]

    assert [each.document["choices"][0]["message"]["content"] for each in heard] == ["hello"] * 2
    assert [request.url.partition("?")[0].rpartition("/")[2] for request in wire.sent] == [
        "token",
        "gemini-3.8-flash:generateContent",
        "gemini-3.8-flash:generateContent",
    ]
    assert wire.sent[1].headers["Authorization"] == "Bearer t"
