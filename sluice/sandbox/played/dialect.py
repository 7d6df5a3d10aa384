"""An entry's protocols as the paths of a dialect."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import uuid4

from gateway.plan import Provider
from gateway.protocols import mapping
from gateway.wire import Protocol, Step
from sluice.sandbox.dialects.openai_chat import CHAT
from sluice.sandbox.dialects.openai_error import request_id, trouble
from sluice.sandbox.job import Job, Jobs, Order
from sluice.sandbox.played import answer, order
from sluice.sandbox.played.entry import Played, played
from sluice.sandbox.wire import (
    Call,
    Dialect,
    Look,
    Refused,
    Reply,
    Result,
    Submit,
    Trouble,
    json_reply,
    need_job,
)

_NAMED = re.compile(r"\{(\w+)\}")


def dialect(name: str) -> Dialect:
    """Make the dialect of a provider of the catalogue."""
    known = played(name)
    protocols = {key: each for key, each in known.provider.protocols.items() if not each.family}
    talks = CHAT if len(protocols) < len(known.provider.protocols) else ()
    if not protocols:
        return Dialect(name, CHAT, _key(known.provider), trouble, request_id, tells_retry=True)
    first = next(iter(protocols.values())).steps[0]
    looks: dict[tuple[str, str], Look | Result] = {}
    for key, protocol in protocols.items():
        for index in range(1, len(protocol.steps)):
            look = _look(known, key, index)
            looks.setdefault((look.method, look.pattern), look)
        if protocol.cancel:
            cancel = Look(protocol.cancel.method, _pattern(known, protocol.cancel), _cancel(protocol.cancel))
            looks.setdefault((cancel.method, cancel.pattern), cancel)
    return Dialect(
        name=name,
        key=_key(known.provider),
        trouble=lambda refused, call: (
            trouble(refused, call) if _is_talk(call) else answer.trouble(known.provider, first, refused)
        ),
        job_id=lambda: uuid4().hex,
        routes=(*talks, *looks.values(), *_starts(known)),
    )


def _is_talk(call: Call) -> bool:
    return any(re.fullmatch(talk.pattern, call.path) for talk in CHAT)


def _starts(known: Played) -> list[Submit]:
    """Make a route for every address that something is started at."""
    addresses: dict[tuple[str, str, bool], dict[str, Step]] = {}
    for key, protocol in known.provider.protocols.items():
        if protocol.family:
            continue
        step = protocol.steps[0]
        at = (step.method, _pattern(known, step), protocol.answers_at_once)
        addresses.setdefault(at, {})[key] = step
    return [
        Submit(pattern, _read(known, starts), _started(known), inline=inline, method=method)
        for (method, pattern, inline), starts in sorted(
            addresses.items(), key=lambda each: "endpoint" in each[0][1]
        )
    ]


def _read(known: Played, starts: dict[str, Step]) -> Callable[[Call], Order]:
    return lambda call: order.read(call, known, starts)


def _started(known: Played) -> Callable[[Call, Job, list[bytes]], Reply]:
    def reply(call: Call, job: Job, bodies: list[bytes]) -> Reply:
        if job.ending == "moderated" and (job.refused or bodies):
            raise Refused(Trouble("moderation", "The request was refused."))
        protocol = _protocol(known, job)
        if not protocol.answers_at_once:
            return answer.started(call, job, protocol)
        return answer.result(call, job, protocol.steps[0], bodies, {}, {})

    return reply


def _look(known: Played, key: str, index: int) -> Look | Result:
    """Make the route of a step; one whose answer has the files themselves waits until they are there."""
    step = known.provider.protocols[key].steps[index]
    pattern = _pattern(known, step)

    def reply(call: Call, job: Job, bodies: list[bytes]) -> Reply:
        return answer.looked(call, job, known.provider, _protocol(known, job), index, bodies)

    if any(output.kind != "url" for output in step.outputs):
        return Result(pattern, reply, step.method)
    return Look(step.method, pattern, lambda call, jobs: reply(call, _job(call, jobs, step), []))


def _cancel(step: Step) -> Callable[[Call, Jobs], Reply]:
    def reply(call: Call, jobs: Jobs) -> Reply:
        job = _job(call, jobs, step)
        if job.unfinished(call.now):
            job.cancelled_at = call.now
        return json_reply(200, {})

    return reply


def _protocol(known: Played, job: Job) -> Protocol:
    return known.provider.protocols[str(job.order.notes["protocol"])]


def _job(call: Call, jobs: Jobs, step: Step) -> Job:
    """Find the job that a call names in its path, its query or its body."""
    texts = [*step.query.items(), *re.findall(r"[?&](\w+)=([^&]+)", step.url)]
    said = [call.params.get("id", "")]
    said += [call.query.get(name, "") for name, text in texts if _NAMED.fullmatch(text)]
    kept = [name for name in _NAMED.findall(str(step.body)) if name != "endpoint"]
    said += [
        mapping.text(mapping.first(call.body, path))
        for name in kept
        for path in order.paths_of(step.body, f"{{{name}}}")
    ]
    return need_job(call, jobs, next(filter(None, said), ""))


def _pattern(known: Played, step: Step) -> str:
    """Write a step's address as an expression; what an earlier step kept is the job's id."""
    url = step.url.partition("?")[0]
    parameters = {name for model in known.models.values() for name in model.parameters}
    if (found := _NAMED.match(url)) and found[1] != "base":
        return rf"/_steps/(?P<id>[^/]+)/{found[1]}{re.escape(url[found.end() :])}"
    bases = {urlsplit(base).path.rstrip("/") for base in known.provider.base_urls.values()}
    pattern, seen = "(?:" + "|".join(map(re.escape, sorted(bases))) + ")", set[str]()
    for literal, name in re.findall(r"([^{]*)(?:\{(\w+)\})?", url.removeprefix("{base}")):
        pattern += re.escape(literal)
        group = name if name == "endpoint" or name in parameters else "id"
        if name and group not in seen:
            pattern += f"(?P<{group}>{'.+' if group == 'endpoint' else '[^/]+'})"
        elif name:
            pattern += "[^/]+"
        seen |= {group} if name else set()
    return pattern


def _key(provider: Provider) -> Callable[[Call], str | None]:
    before, _, after = provider.auth.value.partition("{secret}")

    def key(call: Call) -> str | None:
        said = call.headers.get(provider.auth.header.lower(), "")
        if not said.lower().startswith(before.lower()):
            return None
        return said[len(before) :].removesuffix(after).strip() or None

    return key
