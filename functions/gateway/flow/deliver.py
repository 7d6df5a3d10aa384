"""Bring finished outputs into the bucket, and learn from the bytes what they really are.

What is delivered is noted on the job output by output, so that whoever comes after a crash brings the rest.
"""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from gateway.domain import job as jobs
from gateway.domain import media
from gateway.domain.job import Artifact, Attempt, Job, with_attempt
from gateway.domain.outcome import Done, Failure, Source
from gateway.errors import DestinationRefused
from gateway.flow import destination, transfer
from gateway.flow.outcome import Outcome, fail
from gateway.flow.ports import Ports

MOST_OUTPUTS = 32


def from_links(ports: Ports, job: Job, attempt: Attempt, stop_at: float = math.inf) -> Outcome:
    """Deliver what waits at the provider's links, or as much of it as the time goes for.

    Args:
        stop_at: when to leave the rest to the next call; the outcome is then still ``done``.

    Raises:
        DestinationRefused: the customer's bucket says no; it may say yes before the job's deadline.
    """
    sources = _sources(attempt)
    if failure := _too_many(sources):
        return fail(ports, job, attempt, failure)
    try:
        return _bring(ports, job, sources, stop_at)
    except DestinationRefused as error:
        if ports.now() < job.deadline_at:
            raise
        now = ports.jobs.get(job.tenant, job.id) or job
        return fail(ports, now, now.attempt, Failure("internal", "destination_refused", str(error)))


def bytes_in_hand(ports: Ports, job: Job, attempt: Attempt, done: Done) -> Outcome:
    """Store an answer that brought its files along, before anything else can lose them.

    They are delivered then, but for those that shall go to a customer's bucket, which may say no.
    """
    if failure := _too_many(done.sources):
        return fail(ports, job, attempt, failure)
    attempt = replace(attempt, usage=done.usage)
    job = ports.jobs.save(with_attempt(jobs.moved(job, "deliver", ports.now()), attempt))
    artifacts: list[Artifact] = []
    for index, source in enumerate(done.sources):
        stem = f"{_folder(job)}/{index}"
        stored = transfer.keep(ports.artifacts, stem, source.data, media.MODALITIES[job.operation])
        if isinstance(stored, Failure):
            return fail(ports, job, attempt, stored)
        artifacts.append(stored)
    if job.destination is None:
        return _delivered(ports, job, tuple(artifacts))
    stashed = tuple(artifact.key for artifact in artifacts)
    waits = replace(job.attempt, status="succeeded", finished_at=ports.now(), stashed=stashed)
    return Outcome("done", ports.jobs.save(with_attempt(job, waits)))


def clear(ports: Ports, job: Job) -> None:
    """Leave no open upload behind a job that has ended before its delivery did."""
    upload = job.attempt.upload if job.attempts else None
    if upload is not None and upload.id:
        with suppress(DestinationRefused):
            destination.bucket_of(ports, job).drop(upload.key, upload.id)


def _bring(ports: Ports, job: Job, sources: Sequence[Source], stop_at: float) -> Outcome:
    bucket = destination.bucket_of(ports, job)
    while (index := len(job.attempt.delivered)) < len(sources):
        if ports.now() >= stop_at:
            return Outcome("done", job)
        carried = transfer.carry(ports, bucket, job, index, _stem(job, index), sources[index], stop_at)
        job = carried.job
        if carried.result is None:
            return Outcome("done", job)
        if isinstance(carried.result, Failure):
            return fail(ports, job, job.attempt, carried.result)
        job = _noted(ports, job, carried.result, last=index + 1 == len(sources))
    return _delivered(ports, job, job.attempt.delivered)


def _sources(attempt: Attempt) -> Sequence[Source]:
    if attempt.stashed:
        return [Source(stashed=key) for key in attempt.stashed]
    return [Source(url=url, keyed=keyed) for url, keyed in attempt.sources]


def _too_many(sources: Sequence[Source]) -> Failure | None:
    if len(sources) <= MOST_OUTPUTS:
        return None
    message = f"the result has {len(sources)} files, {MOST_OUTPUTS} are the most of one job"
    return Failure("internal", "too_many_outputs", message)


def _noted(ports: Ports, job: Job, artifact: Artifact, *, last: bool) -> Job:
    """Note a delivered output; the last one is written together with the end of all."""
    attempt = replace(job.attempt, delivered=(*job.attempt.delivered, artifact), upload=None)
    job = with_attempt(job, attempt)
    return job if last else ports.jobs.save(job)


def _delivered(ports: Ports, job: Job, artifacts: tuple[Artifact, ...]) -> Outcome:
    stashed = job.attempt.stashed
    finished = replace(
        job.attempt,
        status="succeeded",
        finished_at=job.attempt.finished_at or ports.now(),
        sources=(),
        stashed=(),
        delivered=(),
    )
    delivered = ports.jobs.save(replace(with_attempt(job, finished), outputs=artifacts, progress=1.0))
    for key in stashed:
        ports.artifacts.remove(key)
    return Outcome("delivered", delivered)


def _stem(job: Job, index: int) -> str:
    """Name a delivered file but for its extension."""
    if job.destination is None:
        return f"{_folder(job)}/{index}"
    return f"{job.destination.prefix}{job.id}/{job.attempt.n}/{index}"


def _folder(job: Job) -> str:
    """Name the folder of an attempt; its first part is the retention class that the bucket's rules go by."""
    return f"r{job.retention_days}/{job.tenant}/{job.id}/{job.attempt.n}"
