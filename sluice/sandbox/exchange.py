"""The way of one provider call: key, faults, limits, job, answer."""

import asyncio
import json
import math
import re
import time
from dataclasses import replace
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

from anyio import move_on_after
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from sluice.sandbox.delivery import Delivery, hang_up, ranged
from sluice.sandbox.fault import Fault
from sluice.sandbox.form import read_form
from sluice.sandbox.job import Ending, Job
from sluice.sandbox.journal import Entry
from sluice.sandbox.media.spec import Spec, of_another_kind
from sluice.sandbox.state import Sandbox
from sluice.sandbox.wire import (
    Call,
    Dialect,
    Look,
    Refused,
    Reply,
    Result,
    Submit,
    Talk,
    Trouble,
    need_job,
    trouble_of,
)

HANG_S = 600
BAD_KEY_PREFIX = "invalid"
"""Every key is good, except those that begin so."""

MEDIA = re.compile(r"/_media/(?P<job>.+)-(?P<index>\d+)\.\w+")
ENDINGS: dict[str, Ending] = {"moderation": "moderated", "fail_after_accept": "failed"}
FILES = ("", "application/octet-stream")
"""Types under which files are sent as they are."""

GARBAGE = b"<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"


class Hung(Exception):
    """Raised when a call ended without an answer because its client left."""


class Exchange:
    """One provider call on its way through the sandbox."""

    def __init__(self, sandbox: Sandbox, dialect: Dialect, request: Request, path: str) -> None:
        self._sandbox, self._dialect, self._request = sandbox, dialect, request
        self._entry = Entry(time.time(), dialect.name, request.method, path)
        self._call = _bare_call(dialect, request, path, self._entry.at)
        self._fault: Fault | None = None
        self._job: Job | None = None
        sandbox.journal.add(self._entry)

    async def run(self) -> Response:
        """Answer the call, as the provider would or as the fault in force says."""
        try:
            reply = await self._reply()
        except Refused as refused:
            reply = self._refusal(refused.trouble)
        except (Hung, ClientDisconnect):
            return Response(status_code=499)  # nobody is left to read it; the entry stays unanswered
        self._settle(reply)
        kind = self._fault.kind if self._fault else None
        if kind == "malformed":
            reply = _spoilt(reply)
        pause_s = self._fault.delay_s if self._fault and kind == "slow" else 0.0
        return Delivery(
            reply, cut=kind == "truncate" and (reply.has_media or self._fault_on() != "file"), pause_s=pause_s
        )

    async def _reply(self) -> Reply:
        if found := MEDIA.fullmatch(self._call.path):
            return await self._media(found["job"], int(found["index"]))
        route, params = _route(self._dialect, self._call)
        public = isinstance(route, Look) and route.public
        if not public:
            self._check_key()
        self._call = replace(self._call, params=params, **await _read_body(self._request))
        if isinstance(route, Submit):
            return await self._submit(route)
        if isinstance(route, Talk):
            return await self._talk(route)
        self._name_job(route.job_id(self._call) if isinstance(route, Result) else params.get("id", ""))
        if not public or route.role == "token":
            await self._meet_fault(route.role, holds_file=isinstance(route, Result))
        self._call = replace(self._call, now=time.time())
        if isinstance(route, Result):
            return await self._result(route)
        return route.answer(self._call, self._sandbox.jobs)

    def _check_key(self) -> None:
        key = self._dialect.key(self._call)
        if key is None:
            raise Refused(Trouble("credential", "No API key was given."))
        self._entry.credential = _fingerprint(key)
        if key.startswith(BAD_KEY_PREFIX):
            raise Refused(Trouble("bad_key", "The API key is not valid."))
        if self._dialect.gate:
            self._dialect.gate(self._call)

    async def _result(self, route: Result) -> Reply:
        job = need_job(self._call, self._sandbox.jobs, route.job_id(self._call))
        done = job.state(self._call.now) == "done"
        outputs = job.order.outputs if done else ()
        return route.answer(self._call, job, [await self._render(spec) for spec in outputs])

    async def _submit(self, route: Submit) -> Reply:
        self._entry.model = _model_of(self._call)
        self._draw_fault("submit", inline=route.inline)
        order = route.read(self._call)
        self._entry.model, self._entry.prompt = order.model, _fingerprint(order.outputs[0].text)
        self._sandbox.check_limits(self._dialect, self._call.now, inline=route.inline)
        job = self._sandbox.accept(
            self._dialect, self._call.path, order, self._entry.credential, self._call.now
        )
        self._job, self._entry.provider_job_id, self._entry.billable_start = job, job.id, True
        self._break(job)
        await self._wait()
        if not route.inline:
            return route.answer(self._call, job, [])
        bodies = [await self._render(spec) for spec in order.outputs]
        await asyncio.sleep(max(0.0, job.done_at - time.time()))
        if job.ending == "never":
            await self._hang()
        if job.ending == "failed":
            raise Refused(Trouble("internal", "the generation failed"))
        return route.answer(self._call, job, bodies)

    async def _talk(self, route: Talk) -> Reply:
        self._entry.model = _model_of(self._call)
        self._draw_fault("submit", inline=True)
        reply = route.answer(self._call)
        self._sandbox.check_limits(self._dialect, self._call.now, inline=True)
        ending = ENDINGS.get(self._fault.kind) if self._fault else None
        if ending == "moderated":
            raise Refused(Trouble("moderation", "The request was refused by the safety system."))
        self._sandbox.limits.count(self._dialect.name, self._call.now)
        self._entry.billable_start = True
        if ending == "failed":
            raise Refused(Trouble("internal", "the generation failed"))
        await self._wait()
        if self._fault and self._fault.kind == "hang":
            await self._hang()
        return self._broken_off(reply) if self._fault and self._fault.kind == "overload" else reply

    def _broken_off(self, reply: Reply) -> Reply:
        """Let a stream end in the middle with its provider's own words; what is no stream is refused."""
        if not reply.pieces:
            raise Refused(Trouble("unavailable", "the service has too much to do"))
        pieces = (*reply.pieces[: len(reply.pieces) // 2], self._dialect.overload)
        return replace(reply, body=b"".join(pieces), pieces=pieces)

    async def _media(self, job_id: str, index: int) -> Reply:
        await self._meet_fault("file")
        job = self._sandbox.jobs.find(self._dialect.name, job_id)
        if job is None or index >= len(job.order.outputs) or job.state(time.time()) != "done":
            raise Refused(Trouble("expired", "no such file"))
        self._name_job(job_id)
        spec = job.order.outputs[index]
        return ranged(await self._render(spec), spec.content_type, self._call.headers.get("range"))

    async def _render(self, spec: Spec) -> bytes:
        wrong = self._fault is not None and self._fault.kind == "wrong_media"
        return await self._sandbox.studio.render(of_another_kind(spec) if wrong else spec)

    def _name_job(self, name: str) -> None:
        """Note in the journal which job a call is about."""
        if name and (job := self._sandbox.jobs.find(self._dialect.name, name)):
            self._entry.model, self._entry.provider_job_id = job.order.model, job.id

    def _draw_fault(self, role: str, *, inline: bool = False) -> None:
        """Draw the fault of this call; the kinds that replace the answer end the call here."""
        self._fault = fault = self._sandbox.faults.hit(self._dialect.name, role, inline=inline)
        if fault is None:
            return
        if fault.kind == "status":
            trouble = trouble_of(fault.status, "the sandbox was told to fail this call")
            raise Refused(replace(trouble, retry_after_s=fault.retry_after))
        if fault.kind == "expired_url":
            raise Refused(Trouble("expired", "the link has expired"))

    async def _meet_fault(self, role: str, *, holds_file: bool = False) -> None:
        self._draw_fault(role, inline=holds_file)
        await self._wait()

    async def _wait(self) -> None:
        if self._fault_on() == "job" or self._fault is None:
            return
        if self._fault.kind == "hang":
            await self._hang()
        if self._fault.kind == "reset":
            hang_up(self._request)
            raise Hung
        if self._fault.kind == "slow":
            await asyncio.sleep(self._fault.delay_s)

    async def _hang(self) -> None:
        """Wait until the client leaves, or the server stops."""
        try:
            with move_on_after(HANG_S):
                while (await self._request.receive())["type"] != "http.disconnect":
                    pass
        except asyncio.CancelledError:
            raise Hung from None
        raise Hung

    def _break(self, job: Job) -> None:
        """Decide how the job will end."""
        if self._fault is None:
            return
        job.ending = ENDINGS.get(self._fault.kind, job.ending)
        job.refused = self._fault.kind == "moderation" and self._fault.on == "submit"
        if self._fault.kind == "hang" and self._fault.on == "job":
            job.ending = "never"

    def _settle(self, reply: Reply) -> None:
        """Complete the entry; a start that the provider refuses with a 4xx is neither billed nor kept."""
        self._entry.status = reply.status
        if self._job and 400 <= reply.status < 500:
            self._entry.billable_start = False
            self._sandbox.jobs.drop(self._job)
        elif self._job:
            self._sandbox.caller.follow(self._dialect, self._call, self._job, self._fault)

    def _refusal(self, trouble: Trouble) -> Reply:
        reply = self._dialect.trouble(trouble, self._call)
        if trouble.retry_after_s is None or not (self._dialect.tells_retry or self._fault):
            return reply
        seconds = trouble.retry_after_s if self._fault else math.ceil(trouble.retry_after_s)
        return replace(reply, headers={**reply.headers, "retry-after": f"{seconds:g}"})

    def _fault_on(self) -> str | None:
        return self._fault.on if self._fault else None


def _bare_call(dialect: Dialect, request: Request, path: str, now: float) -> Call:
    base = f"{request.url.scheme}://{request.headers.get('host', 'localhost')}/{dialect.name}"
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Call(
        dialect.name, request.method, path, {}, dict(request.query_params), headers, {}, (), base, now
    )


def _fingerprint(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12]


def _model_of(call: Call) -> str | None:
    """Find the model's name before the request is known to be valid."""
    found = {**call.body, **call.params}
    return next(
        (str(found[name]) for name in ("app", "model", "model_name", "model_id") if found.get(name)), None
    )


def _route(dialect: Dialect, call: Call) -> tuple[Submit | Talk | Look | Result, dict[str, str]]:
    for route in dialect.routes:
        if route.method == call.method and (found := re.fullmatch(route.pattern, call.path)):
            return route, {name: value for name, value in found.groupdict().items() if value is not None}
    raise Refused(Trouble("not_found", f"no such path: {call.method} {call.path}"))


async def _read_body(request: Request) -> dict[str, Any]:
    """Read JSON, a form, or a file without one into the two fields of a call."""
    if request.method not in ("POST", "PUT", "PATCH"):
        return {}
    raw, content_type = await request.body(), request.headers.get("content-type", "")
    try:
        if content_type.startswith("multipart/form-data"):
            texts, uploads = read_form(raw, content_type)
            return {"body": texts, "uploads": uploads}
        if content_type.startswith("application/x-www-form-urlencoded"):
            return {"body": dict(parse_qsl(raw.decode()))}
        value = json.loads(raw) if raw else {}
    except ValueError as error:
        if content_type in FILES:
            return {"uploads": (("", raw),)}
        raise Refused(Trouble("invalid", f"the body cannot be read: {error}")) from None
    if not isinstance(value, dict):
        raise Refused(Trouble("invalid", "the body must be a JSON object"))
    return {"body": value}


def _spoilt(reply: Reply) -> Reply:
    """Make an answer unreadable: half of the JSON, or a web page under the media's type."""
    is_json = reply.content_type.startswith("application/json")
    return replace(reply, body=reply.body[: len(reply.body) // 2] if is_json else GARBAGE, pieces=())
