"""The bucket of delivered files: bounded memory, and keys by which delivering twice is delivering once."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from gateway.domain import media
from gateway.domain.job import Artifact
from gateway.domain.outcome import Failure

PART_BYTES = 8 * 1024 * 1024
LINK_S = 900
# Enough of a file's head to tell what it is.
SNIFF_BYTES = 512


class Artifacts:
    """Store files and sign short links to them."""

    def __init__(self, s3: Callable[[], Any], bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def store(self, stem: str, chunks: Iterator[bytes], modality: str) -> Artifact | Failure:
        """Stream a file to ``stem`` + the extension of what its bytes are.

        Returns:
            What was stored, or a failure when the file is not of the modality that was asked for.
        """
        probe, digest, size = media.Probe(), hashlib.sha256(), 0
        upload: _Upload | None = None
        head = bytearray()
        try:
            for chunk in chunks:
                size += len(chunk)
                digest.update(chunk)
                probe.feed(chunk)
                head += chunk
                if upload is None and len(head) >= SNIFF_BYTES and not _fits(probe.content_type, modality):
                    return _wrong(probe.content_type, modality)
                upload = upload or _Upload(self._s3(), self._bucket, stem, probe)
                if len(head) >= PART_BYTES:
                    upload.part(bytes(head))
                    head.clear()
            if upload is None or not _fits(probe.content_type, modality):
                return _wrong(probe.content_type, modality)
            upload.finish(bytes(head))
        except BaseException:
            if upload is not None:
                upload.abort()
            raise
        return Artifact(upload.key, probe.content_type, size, digest.hexdigest(), *probe.facts())

    def link(self, key: str) -> str:
        """Sign a link that lives for a quarter of an hour."""
        return str(
            self._s3().generate_presigned_url(
                "get_object", Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=LINK_S
            )
        )


class _Upload:
    """One object on its way: a single put when it is small, else parts in order."""

    def __init__(self, s3: Any, bucket: str, stem: str, probe: media.Probe) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._stem = stem
        self._probe = probe
        self._id = ""
        self._parts: list[dict[str, Any]] = []

    @property
    def key(self) -> str:
        return f"{self._stem}.{media.EXTENSIONS.get(self._probe.content_type, 'bin')}"

    @property
    def _where(self) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self.key}

    def part(self, data: bytes) -> None:
        if not self._id:
            started = self._s3.create_multipart_upload(**self._where, ContentType=self._probe.content_type)
            self._id = started["UploadId"]
        number = len(self._parts) + 1
        done = self._s3.upload_part(**self._where, UploadId=self._id, PartNumber=number, Body=data)
        self._parts.append({"PartNumber": number, "ETag": done["ETag"]})

    def finish(self, rest: bytes) -> None:
        """Complete the object, unless the same delivery has completed it before."""
        try:
            if not self._id:
                self._s3.put_object(
                    **self._where, Body=rest, ContentType=self._probe.content_type, IfNoneMatch="*"
                )
                return
            if rest:
                self.part(rest)
            self._s3.complete_multipart_upload(
                **self._where, UploadId=self._id, MultipartUpload={"Parts": self._parts}, IfNoneMatch="*"
            )
        except self._s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "PreconditionFailed":
                raise

    def abort(self) -> None:
        if self._id:
            self._s3.abort_multipart_upload(**self._where, UploadId=self._id)


def _fits(content_type: str, modality: str) -> bool:
    return content_type.startswith(f"{modality}/")


def _wrong(content_type: str, modality: str) -> Failure:
    found = content_type or "of no known media type"
    return Failure("transient", "wrong_media", f"expected a file of type {modality}, what came is {found}")
