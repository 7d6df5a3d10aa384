"""Bring finished outputs into the bucket, streaming, and learn from the bytes what they really are."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from gateway.domain import job as jobs
from gateway.domain import media
from gateway.domain.job import Artifact, Attempt, Job, with_attempt
from gateway.domain.outcome import Done, Failure, Source
from gateway.flow import credential
from gateway.flow.outcome import Outcome, fail
from gateway.flow.ports import Ports
from gateway.protocols import auth
from gateway.protocols.http import HttpRequest

FILE_DEADLINE_S = 60
TRIES = 3


def from_links(ports: Ports, job: Job, attempt: Attempt) -> Outcome:
    """Deliver what waits at the provider's links."""
    sources = (Source(url=url, keyed=keyed) for url, keyed in attempt.sources)
    return _deliver(ports, job, attempt, sources)


def bytes_in_hand(ports: Ports, job: Job, attempt: Attempt, done: Done) -> Outcome:
    """Deliver an answer that brought its files along, before anything else can lose them."""
    attempt = replace(attempt, usage=done.usage)
    job = ports.jobs.save(with_attempt(jobs.moved(job, "deliver", ports.now()), attempt))
    return _deliver(ports, job, attempt, done.sources)


def _deliver(ports: Ports, job: Job, attempt: Attempt, sources: Iterable[Source]) -> Outcome:
    artifacts: list[Artifact] = []
    for index, source in enumerate(sources):
        stored = _store(ports, job, attempt, source, f"{_folder(job)}/{attempt.n}/{index}")
        if isinstance(stored, Failure):
            return fail(ports, job, attempt, stored)
        artifacts.append(stored)
    finished = replace(
        attempt, status="succeeded", finished_at=attempt.finished_at or ports.now(), sources=()
    )
    delivered = replace(with_attempt(job, finished), outputs=tuple(artifacts), progress=1.0)
    return Outcome("delivered", ports.jobs.save(delivered))


def _store(ports: Ports, job: Job, attempt: Attempt, source: Source, stem: str) -> Artifact | Failure:
    """Stream one file into the bucket; a connection that breaks is tried again from the start."""
    for again in range(TRIES):
        try:
            with _open(ports, job, attempt, source) as (status, chunks):
                if status >= 400:
                    return Failure("transient", f"file_{status}", f"the result's link answered {status}")
                return ports.artifacts.store(stem, chunks, media.MODALITIES[job.operation])
        except ConnectionError as error:
            broken = str(error)
            ports.sleep(again)
    return Failure("transient", "file_broken", f"the result's file broke off {TRIES} times: {broken}")


def _open(
    ports: Ports, job: Job, attempt: Attempt, source: Source
) -> AbstractContextManager[tuple[int, Iterator[bytes]]]:
    if source.data:
        return nullcontext((200, iter((source.data,))))
    headers: dict[str, str] = {}
    if source.keyed:
        provider = ports.plan.providers[attempt.provider]
        secret = credential.secret_of(ports, job, attempt.provider)
        headers = auth.headers(provider.auth, secret, ports.now())
    return ports.wire.stream(HttpRequest("GET", source.url, headers), FILE_DEADLINE_S)


def _folder(job: Job) -> str:
    """Name a job's folder; its first part is the retention class that the bucket's rules go by."""
    return f"r{job.retention_days}/{job.tenant}/{job.id}"
