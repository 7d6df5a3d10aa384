"""Scripts of providers, and the workflow's loop in ten lines, for tests of the flow."""

import base64

from gateway.domain.job import Job
from gateway.domain.outcome import Failure
from gateway.flow import attempt, chain, deliver, sweep
from gateway.flow import pump as pump_module
from gateway.flow.ports import Ports
from gateway.flow.pump import pump
from gateway.flow.settle import settle
from gateway.protocols.http import HttpResponse
from tests.builders import a_png, a_video, answer

FAILED_503 = answer({"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}, 503)
TIMED_OUT = Failure("timeout", "timeout", "no answer within 60 s")
BROKEN = Failure("transient", "connection", "the connection failed: ReadError")
VEO_ACCEPTED = answer({"name": "models/veo/operations/op-1"})
VEO_RUNNING = answer({"name": "models/veo/operations/op-1"})
VEO_FILE = "https://files.example.com/v1beta/files/1:download"
VEO_DONE = answer(
    {
        "name": "models/veo/operations/op-1",
        "done": True,
        "response": {"generateVideoResponse": {"generatedSamples": [{"video": {"uri": VEO_FILE}}]}},
    }
)
VEO_FAILED = answer({"name": "x", "done": True, "error": {"code": 13, "message": "it broke"}})
FAL = "https://queue.fal.run/fal-ai/veo3.1/requests/r1"
FAL_ACCEPTED = answer(
    {
        "request_id": "r1",
        "status_url": f"{FAL}/status",
        "response_url": FAL,
        "cancel_url": f"{FAL}/cancel",
    }
)
FAL_DONE = answer({"status": "COMPLETED", "logs": None})
FAL_RESULT = answer({"video": {"url": "https://v3.fal.media/files/out.mp4"}})
KLING_ACCEPTED = answer({"code": 0, "data": {"task_id": "k1", "task_status": "submitted"}})
KLING_DONE = answer(
    {
        "code": 0,
        "data": {
            "task_id": "k1",
            "task_status": "succeed",
            "task_result": {"videos": [{"url": "https://cdn.kling.example.com/k.mp4"}]},
        },
    }
)


def a_file() -> HttpResponse:
    """Answer with a real video."""
    return HttpResponse(200, {}, a_video(8, 1920, 1080))


def gemini_image(width: int = 1024, height: int = 1024) -> HttpResponse:
    """Answer as Gemini does with a picture."""
    data = base64.b64encode(a_png(width, height)).decode()
    part = {"inlineData": {"mimeType": "image/png", "data": data}}
    return answer({"candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"}]})


def veo_works() -> dict:
    """Script a Veo job that runs and is done at the second look."""
    return {
        "POST :predictLongRunning": [VEO_ACCEPTED],
        "GET operations/op-1": [VEO_RUNNING, VEO_DONE],
        "GET files/1:download": [a_file()],
    }


def fal_works() -> dict:
    """Script a fal job that is done at the first look."""
    return {
        "POST queue.fal.run": [FAL_ACCEPTED],
        "GET /status": [FAL_DONE],
        "GET requests/r1": [FAL_RESULT],
        "GET v3.fal.media": [a_file()],
    }


def run_workflow(ports: Ports, job: Job) -> Job:
    """Do what the state machine does, on the fake clock."""
    while not isinstance(moved := _slot(ports, job), chain.End):
        ports.sleep(max(0, moved.attempt.slot_at - ports.now()))
        outcome = attempt.start(ports, moved.job, moved.attempt.n)
        while outcome.word in ("pending", "done"):
            if outcome.word == "pending":
                ports.sleep(outcome.after_s)
                outcome = attempt.check(ports, latest(ports, job), moved.attempt.n)
            else:
                now = latest(ports, job)
                outcome = deliver.from_links(ports, now, now.attempt)
        if outcome.word != "next":
            break
    return settle(ports, latest(ports, job))


def _slot(ports: Ports, job: Job) -> chain.Go | chain.End:
    """Route, and wait in the queue where the pool is full, as the state machine and the pump do together."""
    sweep.take_over(ports, latest(ports, job))
    while isinstance(moved := chain.advance(ports, latest(ports, job)), chain.Wait):
        told = ports.tokens.answered  # type: ignore[attr-defined]
        token = f"{job.id}-{len(told)}"
        waiting = chain.enter_queue(ports, moved.job, moved.hop, token)
        while token not in told:
            pump(ports, waiting.pool)
            ports.sleep(pump_module.PAUSE_S)
        if told[token]["outcome"] == "end":
            return chain.End(latest(ports, job))
    return moved


def latest(ports: Ports, job: Job) -> Job:
    """Read a job again."""
    found = ports.jobs.get(job.tenant, job.id)
    assert found is not None
    return found


def starts(ports: Ports) -> list[str]:
    """Return the hosts that got a billable start, in order."""
    return [sent.url.split("/")[2] for sent in ports.wire.sent if sent.method == "POST"]  # type: ignore[attr-defined]
