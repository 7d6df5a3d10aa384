"""The values that dialects are made of: a call in, a reply out, a route that names the function between.

Dialects are pure: they see a call, the jobs and the instant, and send nothing themselves.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import uuid4

from sluice.sandbox.job import Job, Jobs, Order

TroubleKind = Literal[
    "credential", "bad_key", "credit", "forbidden", "invalid", "not_found", "rate", "concurrency",
    "moderation", "expired", "internal", "unavailable", "timeout",
]  # fmt: skip

KIND_OF_STATUS: dict[int, TroubleKind] = {
    400: "invalid", 401: "bad_key", 402: "credit", 403: "forbidden", 404: "not_found", 408: "timeout",
    422: "invalid", 429: "rate", 502: "unavailable", 503: "unavailable", 504: "timeout", 529: "unavailable",
}  # fmt: skip
"""What a status means when a fault asks for it; everything else is ``internal``."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request as a dialect sees it.

    Args:
        path: after the provider's prefix, as the provider itself would see it.
        params: the named groups of the route's pattern.
        body: the JSON object or the form's text fields.
        uploads: the form's files, each with the name of its field.
        base: the provider's address on this server, from the request's Host header.
        now: seconds since the epoch.
    """

    provider: str
    method: str
    path: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    uploads: tuple[tuple[str, bytes], ...]
    base: str
    now: float


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer.

    Args:
        has_media: the body carries the rendered output, so a ``truncate`` fault may cut it.
        pieces: of a stream, what leaves at once; the body is then all of them.
    """

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    has_media: bool = False
    pieces: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a call is refused, before the dialect puts it into its own words.

    Args:
        param: the field that is wrong, for providers that name it.
        status: overrides the status that the dialect would choose.
    """

    kind: TroubleKind
    message: str
    param: str | None = None
    status: int | None = None
    retry_after_s: float | None = None


class Refused(Exception):
    """Raised by a dialect's functions when the provider would answer with an error."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.message)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Submit:
    """A path that starts something billable.

    Args:
        pattern: a regular expression for the whole path.
        read: turns the call into an order, or raises ``Refused``.
        answer: makes the answer; ``bodies`` holds the rendered outputs of an ``inline`` route.
        inline: the answer waits for the render and carries its result.
    """

    pattern: str
    read: Callable[[Call], Order]
    answer: Callable[[Call, Job, list[bytes]], Reply]
    inline: bool = False
    method: str = "POST"
    role: Literal["submit"] = "submit"


@dataclass(frozen=True, slots=True)
class Talk:
    """A path that is billable and answers in words or numbers: no job is begun, nothing is rendered.

    Args:
        answer: checks the call and answers it, in one piece or in several.
    """

    pattern: str
    answer: Callable[[Call], Reply]
    method: str = "POST"
    role: Literal["submit"] = "submit"


@dataclass(frozen=True, slots=True)
class Look:
    """A path that asks for or ends a job, leads to a file, or gives a token; ``public`` needs no key."""

    method: str
    pattern: str
    answer: Callable[[Call, Jobs], Reply]
    role: Literal["poll", "file", "token"] = "poll"
    public: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """A path that asks for a job, and whose answer is its files once they are there.

    Args:
        job_id: finds the job's id; it is what the pattern names so.
        answer: makes the answer; ``bodies`` holds the rendered outputs, and nothing before the job is done.
    """

    pattern: str
    answer: Callable[[Call, Job, list[bytes]], Reply]
    method: str = "GET"
    role: Literal["poll"] = "poll"
    job_id: Callable[[Call], str] = lambda call: call.params["id"]


@dataclass(frozen=True, slots=True)
class Callback:
    """How a provider calls whoever asked for it, when a job has ended.

    Args:
        url: reads the address out of the call that starts a job.
        body: what is sent, as the job stands at ``call.now``.
        sign: makes the headers that prove the body; none where the provider does not sign.
        begins: whether it also calls when the job begins.
        challenge: whether it tries the address before, by a word that it wants to hear again.
    """

    url: Callable[[Call], object]
    body: Callable[[Call, Job], Mapping[str, object]]
    sign: Callable[[Call, Job, bytes], dict[str, str]] | None = None
    begins: Callable[[Call], bool] = lambda call: True
    challenge: bool = False


@dataclass(frozen=True, slots=True)
class Dialect:
    """One provider's protocol.

    Args:
        key: finds the caller's key; raises ``Refused`` for one that can be seen to be wrong.
        trouble: puts a refusal into the provider's own words.
        job_id: makes an id in the provider's form.
        throttles: jobs over the concurrency limit wait instead of being refused, but for ``inline`` ones.
        tells_retry: a 429 carries Retry-After (a fault's own ``retry_after`` is sent in any case).
        gate: refuses calls for what every call must carry, after the key was seen.
        overload: how a stream breaks off whose provider has too much to do.
    """

    name: str
    routes: tuple[Submit | Talk | Look | Result, ...]
    key: Callable[[Call], str | None]
    trouble: Callable[[Trouble, Call], Reply]
    job_id: Callable[[], str] = lambda: str(uuid4())
    throttles: bool = False
    tells_retry: bool = False
    gate: Callable[[Call], None] | None = None
    overload: bytes = b""
    callback: Callback | None = None


def event_reply(pieces: tuple[bytes, ...], content_type: str, headers: Mapping[str, str]) -> Reply:
    """Make an answer that comes piece by piece."""
    return Reply(200, b"".join(pieces), content_type, headers, has_media=True, pieces=pieces)


def json_reply(
    status: int, value: object, headers: Mapping[str, str] | None = None, *, has_media: bool = False
) -> Reply:
    """Make a JSON answer."""
    return Reply(status, json.dumps(value).encode(), headers=headers or {}, has_media=has_media)


def trouble_of(status: int, message: str) -> Trouble:
    """Make the trouble that belongs to a bare status."""
    return Trouble(KIND_OF_STATUS.get(status, "internal"), message, status=status)


def media_url(call: Call, job: Job, index: int) -> str:
    """Address one output of a job on this server."""
    return f"{call.base}/_media/{job.id}-{index}.{job.order.outputs[index].format}"


def bearer(call: Call, scheme: str = "Bearer") -> str | None:
    """Read the key from the Authorization header."""
    found, _, key = call.headers.get("authorization", "").partition(" ")
    return key.strip() or None if found.lower() == scheme.lower() else None


def header_key(name: str) -> Callable[[Call], str | None]:
    """Return what reads the key from a header of its own."""
    return lambda call: call.headers.get(name) or None


def need_job(call: Call, jobs: Jobs, name: str) -> Job:
    """Find a job or refuse the call."""
    if job := jobs.find(call.provider, name):
        return job
    raise Refused(Trouble("not_found", f"no job {name!r}"))
