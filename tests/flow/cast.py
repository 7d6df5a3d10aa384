"""Providers for a play: how each start ends is drawn, and a journal says what was billed."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.outcome import Failure
from gateway.protocols.http import HttpRequest, HttpResponse, HttpStream
from tests.builders import a_png, a_video, answer
from tests.flow.stage import Stage

FILM = a_video(8, 1920, 1080)
PHOTO = a_png(1024, 1024)
BROKEN = Failure("transient", "connection", "the connection failed: ReadError")
LATE = Failure("timeout", "timeout", "no answer in time")
# How starts end: refused ones are not billed; the answer of an unheard one is lost on its way.
ENDS = {
    "done": 60,
    "refused": 9,
    "throttled": 4,
    "unheard": 8,
    "fails": 9,
    "moderated": 2,
    "stuck": 3,
    "silent": 5,
}
UNBILLED = ("refused", "throttled")
# A look that breaks says nothing of the job; a file that breaks off is fetched again.
BROKEN_LOOK, BROKEN_FILE = 0.08, 0.03

Reply = HttpResponse | Failure


@dataclass(slots=True)
class Start:
    """What a provider was asked to render, for which attempt, and how that ends."""

    provider: str
    job: str
    attempt: int
    end: str
    reference: str
    done_at: float
    canceled: bool = False


@dataclass
class Cast:
    """The wire to google, kling and fal.

    Args:
        attempt_of: tells which attempt a job is at.
    """

    stage: Stage
    attempt_of: Callable[[str], int]
    journal: list[Start] = field(default_factory=list)

    def send(self, request: HttpRequest, deadline_s: float) -> Reply:
        """Do what is asked at once, and answer after a while: who asked may be dead by then."""
        reply = self._start(request) if request.method == "POST" else self._look(request)
        late = reply == LATE
        self.stage.rest(deadline_s if late else self.stage.random.uniform(0.1, min(6, deadline_s)))
        return reply

    @contextmanager
    def stream(self, request: HttpRequest, deadline_s: float) -> Iterator[HttpStream]:
        """Open a file, which may break off."""
        self.stage.rest(self.stage.random.uniform(0.1, 3))
        data = FILM if request.url.endswith(".mp4") else PHOTO
        yield HttpStream(200, {}, self._chunks(data, self.stage.random.random() < BROKEN_FILE))

    def _chunks(self, data: bytes, breaks: bool) -> Iterator[bytes]:
        yield data[:600]
        self.stage.rest(1)
        if breaks:
            raise ConnectionError("it broke off")
        yield data[600:]

    def _start(self, request: HttpRequest) -> Reply:
        (end,) = self.stage.random.choices(list(ENDS), list(ENDS.values()))
        if end == "refused":
            return answer({"code": 5000, "error": {"code": 503}}, 503)
        if end == "throttled":
            return answer({"code": 1303, "error": {"code": 429}}, 429, **{"retry-after": "3"})
        job = self.stage.about
        reference = json.loads(request.body or b"{}").get("external_task_id", "")
        done_at = self.stage.at + self.stage.random.uniform(2, 90)
        number = len(self.journal)
        started = Start(_provider(request), job, self.attempt_of(job), end, reference, done_at)
        self.journal.append(started)
        if end in ("unheard", "silent"):
            return BROKEN if end == "unheard" else LATE
        return _picture(end) if "generateContent" in request.url else _accepted(started.provider, number)

    def _look(self, request: HttpRequest) -> Reply:
        if self.stage.random.random() < BROKEN_LOOK:
            return self.stage.random.choice((BROKEN, answer({"code": 5000, "error": {"code": 503}}, 503)))
        if "pageNum" in request.url:
            return self._listed()
        number = int(request.url.split("R-")[1].split("/")[0])
        start = self.journal[number]
        if request.method == "PUT":
            start.canceled = True
            return answer({"status": "CANCELLATION_REQUESTED"}, 202)
        state = start.end if self.stage.at >= start.done_at and start.end != "stuck" else "running"
        return _state(
            start.provider, number, "done" if state in ("unheard", "silent") else state, request.url
        )

    def _listed(self) -> HttpResponse:
        known = enumerate(self.journal)
        items = [
            {"task_id": f"R-{number}", "task_info": {"external_task_id": start.reference}}
            for number, start in known
            if start.provider == "kling"
        ]
        return answer({"code": 0, "data": items})


def _provider(request: HttpRequest) -> str:
    hosts = {"generativelanguage": "google", "queue.fal": "fal", "klingai": "kling"}
    return next(name for part, name in hosts.items() if part in request.url)


def _picture(end: str) -> HttpResponse:
    if end == "moderated":
        return answer({"promptFeedback": {"blockReason": "SAFETY"}})
    if end == "fails":
        return answer({"candidates": [{"content": {"parts": []}, "finishReason": "OTHER"}]})
    part = {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(PHOTO).decode()}}
    return answer({"candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"}]})


def _accepted(provider: str, number: int) -> HttpResponse:
    at = f"https://queue.fal.run/requests/R-{number}"
    documents: dict[str, Any] = {
        "google": {"name": f"operations/R-{number}"},
        "kling": {"code": 0, "data": {"task_id": f"R-{number}", "task_status": "submitted"}},
        "fal": {
            "request_id": f"R-{number}",
            "status_url": f"{at}/status",
            "response_url": at,
            "cancel_url": f"{at}/cancel",
        },
    }
    return answer(documents[provider])


def _state(provider: str, number: int, state: str, url: str) -> HttpResponse:
    file = f"https://files.example.com/R-{number}/film.mp4"
    if provider == "google":
        sample = {"generatedSamples": [{"video": {"uri": file}}]}
        refused = {"raiMediaFilteredReasons": ["unsafe"]}
        ended: dict[str, Any] = {
            "done": {"response": {"generateVideoResponse": sample}},
            "fails": {"error": {"code": 13, "message": "it broke"}},
            "moderated": {"response": {"generateVideoResponse": refused}},
        }
        return answer({"name": "x", "done": state != "running", **ended.get(state, {})})
    if provider == "kling":
        words = {"running": "processing", "done": "succeed", "fails": "failed", "moderated": "failed"}
        said = "risk control" if state == "moderated" else ""
        task = {
            "task_status": words[state],
            "task_status_msg": said,
            "task_result": {"videos": [{"url": file}]},
        }
        return answer({"code": 0, "data": {"task_id": f"R-{number}", **task}})
    if url.endswith("/status"):
        return answer({"status": "IN_PROGRESS" if state == "running" else "COMPLETED"})
    if state == "moderated":
        return answer({"detail": [{"type": "content_policy_violation", "msg": "no"}]}, 422)
    if state == "fails":
        return answer({"detail": "it broke"}, 500)
    return answer({"video": {"url": file}, "images": [{"url": file.replace("mp4", "png")}]})
