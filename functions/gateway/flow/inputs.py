"""A request's files: looked at when it is accepted, brought into their target's form at each attempt."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from gateway.domain import address, media, medium, request, upload
from gateway.domain.address import Fetched, Unfetched
from gateway.domain.job import Hop, Input, Job, Skip
from gateway.domain.medium import Medium, Place
from gateway.domain.outcome import Failure
from gateway.flow import upload as uploads
from gateway.flow.ports import Ports
from gateway.plan import Plan

UNREACHABLE = "input_unreachable"
# Where links to delivered files lead, after our own address.
FILES = "/v1/files/"
FETCHED = "inputs/"
# All fetching for one attempt: it comes on top of the provider's own time, in the function that starts it.
FETCH_S = 10
_WHY = {
    "timeout": f"it was not here within {FETCH_S} s",
    "too_large": f"it has more than {medium.INLINE_BYTES} bytes",
    "truncated": "it broke off",
    "unresolved": "the name cannot be looked up",
    "address": "its address is not a public one",
    "peer": "its address is not a public one",
    "connection": "the connection failed",
    "redirects": "it was redirected too often",
}


@dataclass(frozen=True, slots=True)
class Accepted:
    """A request's uploads by their references, and the targets that can carry them."""

    files: dict[str, Input]
    able: tuple[Hop, ...]
    skipped: tuple[Skip, ...]


def look(
    ports: Ports, tenant: str, asked: request.Request, operation: str, hops: tuple[Hop, ...], base_url: str
) -> Accepted:
    """Look at every file of a request, as far as a moment allows: ours by their head, URLs by their text.

    Args:
        base_url: our own address; a link of ours is the file behind it.

    Raises:
        InvalidRequest: one cannot be used as what it is given for; names its parameter.
    """
    places = [_places(ports.plan, hop, operation, asked.parameters) for hop in hops]
    uses = {(p.given, p.parameter.medium): p.name for found in places for p in found}
    files: dict[str, Input] = {}
    for (given, kind), name in uses.items():
        if given.startswith(medium.REFERENCE):
            files[given] = uploads.find(ports, tenant, given, kind, name)
        elif given.startswith(f"{base_url}{FILES}"):
            files[given] = uploads.delivered(ports, given.rpartition(FILES)[2], kind, name)
        else:
            own = urlsplit(base_url).hostname or ""
            address.require(given, name, loopback=ports.loopback, own=(own,))
    reasons = [_too_large(_inline_sizes(found, files)) for found in places]
    judged = tuple(zip(hops, reasons, strict=True))
    skipped = dict.fromkeys(Skip(hop.provider, hop.model, why) for hop, why in judged if why)
    return Accepted(files, tuple(hop for hop, why in judged if not why), tuple(skipped))


def to_fetch(plan: Plan, job: Job, hop: Hop) -> bool:
    """Tell whether a file must be fetched from a caller's URL before this target can be called."""
    return any(p.inline and p.given not in job.inputs for p in _places(plan, hop, job.operation, job.input))


def ready(
    ports: Ports, job: Job, hop: Hop, arguments: dict[str, Any]
) -> tuple[Job, dict[str, Any]] | Failure:
    """Bring the files of an attempt into the form that its target takes.

    A target that takes URLs gets the caller's own, or for an upload one that is signed now. A target that
    takes bytes gets them; what has to be fetched for it is kept for the job's further attempts.

    Returns:
        The job, with what was fetched; and the arguments, with every file in the target's form.
    """
    parameters = request.parameters_of(ports.plan.models[f"{hop.provider}/{hop.model}"], job.operation)
    places = list(medium.places(parameters, arguments))
    fetched = _fetched(ports, job, places)
    if isinstance(fetched, Failure):
        return fetched
    if too_large := _too_large(_inline_sizes(places, fetched.inputs)):
        return Failure("unsupported", "input_too_large", f"{hop.provider} {too_large}")
    files: dict[str, Medium] = {}
    for place in places:
        made = _medium(ports, place, fetched.inputs.get(place.given))
        if made is None:
            return Failure("request", UNREACHABLE, f"{place.name}: the file is no longer what it was")
        files[place.name] = made
        if place.parameter.medium == "audio" and made.data:
            fetched = _heard(fetched, place.given, made.data)
    return fetched, medium.filled(parameters, arguments, lambda place: files[place.name])


def _heard(job: Job, given: str, data: bytes) -> Job:
    """Note how long a sound is, which its provider may bill by and not tell."""
    heard = replace(job.inputs[given], duration_s=media.duration_s(data))
    return replace(job, inputs={**job.inputs, given: heard})


def _fetched(ports: Ports, job: Job, places: Iterable[Place]) -> Job | Failure:
    """Fetch what a target takes as bytes and is not in the bucket yet; each file once a job."""
    ends_at = ports.now() + FETCH_S
    for place in places:
        if not place.inline or place.given in job.inputs:
            continue
        found = _fetch(ports, job, place, ends_at - ports.now())
        if isinstance(found, Failure):
            return found
        job = replace(job, inputs={**job.inputs, place.given: found})
    return job


def _fetch(ports: Ports, job: Job, place: Place, left_s: float) -> Input | Failure:
    """Fetch one file, or say why not, naming the host alone: a URL may hold a secret."""
    key = f"{FETCHED}{job.tenant}/{job.id}/{len(job.inputs)}"
    found: Fetched | Unfetched = Unfetched("timeout")
    if left_s > 0:
        found = ports.egress.fetch(place.given, key, medium.INLINE_BYTES, left_s)
    if isinstance(found, Unfetched):
        if found.problem == "crashed":
            return Failure("unsupported", "input_not_fetched", f"{place.name}: fetching the file broke here")
        return _unusable(place, _told(found.problem))
    if unlike := upload.unlike(place.parameter.medium, found.content_type, found.bytes):
        return _unusable(place, f"it {unlike}")
    return Input(found.key, found.content_type, found.bytes)


def _unusable(place: Place, why: str) -> Failure:
    host = urlsplit(place.given).hostname
    return Failure("request", UNREACHABLE, f"{place.name}: the file at {host} cannot be used: {why}")


def _told(problem: str) -> str:
    """Word why the guard brought no file."""
    if problem.startswith("status_"):
        return problem.replace("status_", "the answer was ")
    return _WHY.get(problem) or f"it {address.REASONS.get(problem, problem)}"


def _medium(ports: Ports, place: Place, known: Input | None) -> Medium | None:
    """Give a target one file; nothing when it is gone."""
    if not place.inline:
        # A stranger's URL stays what it is, also where the file has been fetched for another target.
        ours = None if known is None or known.key.startswith(FETCHED) else known
        return Medium(url=ports.uploads.link(ours.key, ours.content_type) if ours else place.given)
    data = ports.uploads.read(known.key, known.bytes) if known else None
    if known is None or data is None:
        return None
    gaps = medium.gaps(place.parameter.shape)
    return Medium(
        media_type=known.content_type,
        base64=base64.b64encode(data).decode() if "base64" in gaps else "",
        data=data if "file" in gaps else b"",
    )


def _places(plan: Plan, hop: Hop, operation: str, given: dict[str, Any]) -> list[Place]:
    model = plan.models[f"{hop.provider}/{hop.model}"]
    return list(medium.places(request.parameters_of(model, operation), {**given, **hop.parameters}))


def _inline_sizes(places: Iterable[Place], files: dict[str, Input]) -> dict[str, int]:
    return {p.name: files[p.given].bytes for p in places if p.inline and p.given in files}


def _too_large(sizes: dict[str, int]) -> str:
    """Say why files cannot be sent inside a request; nothing when they can."""
    for name, size in sizes.items():
        if size > medium.INLINE_BYTES:
            return f"takes {name} inside its request, up to {medium.INLINE_BYTES} bytes, and this has {size}"
    if (total := sum(sizes.values())) > medium.INLINE_BYTES_TOGETHER:
        most = medium.INLINE_BYTES_TOGETHER
        return f"takes files inside its request, up to {most} bytes together, and these have {total}"
    return ""
