"""Bring one file from a provider's link into the bucket: streaming, and gone on with where it broke off.

Rule: nothing of a file is held but one part and what tells its type. A large file is an open upload that the
job names, so whoever comes after a crash asks the source for the rest; where the source gives none, the file
begins anew.
"""

import hashlib
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

from gateway.domain import download, media
from gateway.domain.download import PART_BYTES, Part
from gateway.domain.job import Artifact, Job, Upload, with_attempt
from gateway.domain.outcome import Failure, Source
from gateway.flow import credential
from gateway.flow.files import Artifacts
from gateway.flow.ports import Ports
from gateway.protocols import auth
from gateway.protocols.http import HttpRequest, HttpStream

PAUSE_S = 30  # the longest between two pieces of a file
TRIES = 3  # in a row that brought no part
# Enough of a file's head to tell what it is.
SNIFF_BYTES = 512
# What a server says that may serve the file in a moment.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Carried:
    """How far a file is.

    Args:
        job: as it was last stored.
        result: the file, or why there is none; nothing where the time was over first.
    """

    job: Job
    result: Artifact | Failure | None


def carry(
    ports: Ports, bucket: Artifacts, job: Job, output: int, stem: str, source: Source, stop_at: float
) -> Carried:
    """Bring a file home, or as far as the time goes.

    Args:
        output: which of the attempt's outputs it is.
        stem: of its key; its own extension follows.
        stop_at: when to leave the rest to the next worker.
    """
    way = _Way(ports, bucket, job, output, stem, source)
    tries, at, failure = 0, 0, None
    while tries < TRIES:
        try:
            result = way.go_on(stop_at)
            return Carried(way.job, result)
        except _Unserved as error:
            failure = Failure("transient", error.code, f"the result's link {error}")
        except ConnectionError as error:
            failure = Failure(
                "transient", "file_broken", f"the result's file broke off {tries + 1} times: {error}"
            )
        tries = 1 if way.at > at else tries + 1
        at = way.at
        ports.sleep(tries - 1)
    way.drop()
    return Carried(way.job, failure)


def keep(bucket: Artifacts, stem: str, data: bytes, modality: str) -> Artifact | Failure:
    """Store a file that is in hand."""
    facts = _Facts(modality)
    facts.feed(data)
    if failure := facts.refusal():
        return failure
    artifact = facts.artifact(stem)
    bucket.put(artifact.key, artifact.content_type, data)
    return artifact


class _Unserved(ConnectionError):
    """The source answered, but with nothing; perhaps it does the next time."""

    def __init__(self, status: int) -> None:
        super().__init__(f"answered {status}")
        self.code = f"file_{status}"


class _Facts:
    """What is learnt from a file's bytes as they pass."""

    def __init__(self, modality: str) -> None:
        self._modality, self.bytes = modality, 0
        self._probe, self._digest = media.Probe(modality), hashlib.sha256()

    @property
    def content_type(self) -> str:
        return self._probe.content_type

    def feed(self, chunk: bytes) -> None:
        self.bytes += len(chunk)
        self._digest.update(chunk)
        self._probe.feed(chunk)

    def key(self, stem: str) -> str:
        return f"{stem}.{media.extension(self.content_type)}"

    def refusal(self) -> Failure | None:
        if media.is_of(self.content_type, self._modality):
            return None
        found = self.content_type or "of no known media type"
        return Failure(
            "transient", "wrong_media", f"expected a file of type {self._modality}, what came is {found}"
        )

    def artifact(self, stem: str, key: str = "") -> Artifact:
        digest, facts = self._digest.hexdigest(), self._probe.facts()
        return Artifact(key or self.key(stem), self.content_type, self.bytes, digest, *facts)


class _Way:
    """One file on its way, with the job that knows how far it is."""

    def __init__(
        self, ports: Ports, bucket: Artifacts, job: Job, output: int, stem: str, source: Source
    ) -> None:
        self._ports, self._bucket, self.job = ports, bucket, job
        self._stem, self._source, self._modality = stem, source, media.MODALITIES[job.operation]
        known = job.attempt.upload
        self._upload = known if known and known.output == output else Upload(output, begun=0)
        self._parts: list[Part] = []
        self._rest = bytearray()
        self._facts = _Facts(self._modality)

    @property
    def at(self) -> int:
        """How much is in the bucket."""
        return len(self._parts) * PART_BYTES

    def go_on(self, stop_at: float) -> Artifact | Failure | None:
        """Take the file on from where it is; ``ConnectionError`` says that it may be tried again."""
        self._rest.clear()
        if (finished := self._look()) or (self.at and self.at == self._upload.bytes):
            return self._read_back(finished or self._complete())
        with self._open() as answer:
            if self.at and answer.headers.get("content-range") == f"bytes */{self.at}":
                return self._read_back(self._complete())
            if not self._answered(answer):
                found = self._bucket.find(self._stem)  # by a worker that died right after
                return self._read_back(found) if found else self._unserved(answer.status)
            if self._upload.begun > download.BEGINNINGS:
                return self._refused(_slow())
            return self._pour(answer, stop_at)

    def drop(self) -> None:
        """Leave nothing of the file in the bucket."""
        if self._upload.id:
            self._bucket.drop(self._upload.key, self._upload.id)
            self._note(Upload(self._upload.output, self._upload.begun))
        self._parts.clear()

    def _look(self) -> str | None:
        """See which parts are there; return the file's key if it is whole already."""
        if not self._upload.id:
            return None
        parts = self._bucket.parts(self._upload.key, self._upload.id)
        self._parts = list(download.leading(parts or ()))
        if parts is not None:
            return None
        self._upload = Upload(self._upload.output, self._upload.begun)
        return self._bucket.find(self._stem)

    def _answered(self, answer: HttpStream) -> bool:
        """Tell whether the file comes, and see to it that what comes is at the right place."""
        if self.at and download.continues(self._upload, self.at, answer.status, answer.headers):
            return True
        if self.at and answer.status in (200, 206, 416):
            self.drop()  # another file, or no ranges here
            if answer.status != 200:
                raise ConnectionError("the rest was asked for, and something else came")
        if answer.status in _PASSING:
            raise _Unserved(answer.status)
        if answer.status < 400:
            self._upload = replace(self._upload, begun=self._upload.begun + 1)
            self._facts = _Facts(self._modality)
        return answer.status < 400

    def _pour(self, answer: HttpStream, stop_at: float) -> Artifact | Failure | None:
        whole = not self.at
        for chunk in answer.chunks:
            self._facts.feed(chunk)
            self._rest += chunk
            if failure := self._unfit(answer, whole):
                return self._refused(failure)
            while len(self._rest) >= PART_BYTES:
                self._put_part(answer)
            if self._ports.now() >= stop_at:
                self._note(self._upload)
                return None
        if whole and (failure := self._facts.refusal()):
            return self._refused(failure)
        key = self._finish()
        return self._facts.artifact(self._stem) if whole else self._read_back(key)

    def _unfit(self, answer: HttpStream, whole: bool) -> Failure | None:
        known = (download.length(answer.headers) or 0) + (0 if whole else self.at)
        size = max(known, self.at + len(self._rest))
        if size > download.LARGEST_BYTES:
            limit = f"{download.LARGEST_BYTES} bytes are the most"
            return Failure("internal", "file_too_large", f"the result has {size} bytes or more, {limit}")
        early = not whole or self._facts.bytes < SNIFF_BYTES
        return None if early else self._facts.refusal()

    def _put_part(self, answer: HttpStream) -> None:
        if not self._upload.id:
            self._begin(answer)
        data = bytes(self._rest[:PART_BYTES])
        del self._rest[:PART_BYTES]
        self._parts.append(self._put(data))

    def _put(self, data: bytes) -> Part:
        return self._bucket.put_part(self._upload.key, self._upload.id, len(self._parts) + 1, data)

    def _begin(self, answer: HttpStream) -> None:
        key = self._facts.key(self._stem)
        upload = replace(
            self._upload,
            key=key,
            id=self._bucket.begin(key, self._facts.content_type),
            validator=download.validator(answer.headers),
            bytes=download.length(answer.headers),
        )
        try:
            self._note(upload)
        except Exception:
            self._bucket.drop(key, upload.id)
            raise

    def _finish(self) -> str:
        if self._upload.id:
            return self._complete()
        key = self._facts.key(self._stem)
        self._bucket.put(key, self._facts.content_type, bytes(self._rest))
        return key

    def _complete(self) -> str:
        parts = [*self._parts, self._put(bytes(self._rest))] if self._rest else self._parts
        self._bucket.complete(self._upload.key, self._upload.id, parts)
        return self._upload.key

    def _read_back(self, key: str) -> Artifact | Failure:
        """Learn from the finished file what a hash that was broken off cannot say."""
        facts = _Facts(self._modality)
        for chunk in self._bucket.read(key):
            facts.feed(chunk)
        return facts.artifact(self._stem, key)

    def _note(self, upload: Upload) -> None:
        """Have the job say how far the file is."""
        self._upload = upload
        noted = with_attempt(self.job, replace(self.job.attempt, upload=upload))
        self.job = self._ports.jobs.save(noted)

    def _refused(self, failure: Failure) -> Failure:
        self.drop()
        return failure

    def _unserved(self, status: int) -> Failure:
        return self._refused(Failure("transient", f"file_{status}", f"the result's link answered {status}"))

    def _open(self) -> AbstractContextManager[HttpStream]:
        if self._source.stashed:
            return nullcontext(HttpStream(200, {}, self._ports.artifacts.read(self._source.stashed)))
        attempt, headers = self.job.attempt, download.wanted(self._upload, self.at)
        if self._source.keyed:
            provider = self._ports.plan.providers[attempt.provider]
            grant = credential.of(self._ports, self.job, attempt.provider)
            if isinstance(grant, Failure):
                raise ConnectionError(grant.message)
            headers |= auth.headers(provider.auth, grant.secret, self._ports.now())
        return self._ports.wire.stream(HttpRequest("GET", self._source.url, headers), PAUSE_S)


def _slow() -> Failure:
    often = f"the result's file was begun {download.BEGINNINGS} times and never came to its end"
    return Failure("transient", "file_slow", f"{often}; its server gives no ranges to go on with")
