"""Files of lines in the bucket: streamed in, written in parts, so that no file is held as a whole."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from gateway.domain.batch import File
from gateway.errors import Changed

CHUNK_BYTES = 64 * 1024
PART_BYTES = 8 * 1024 * 1024
CONTENT_TYPE = "application/jsonl"
# A role that may not list the bucket gets the last instead of the first.
_GONE = frozenset({"NoSuchKey", "404", "PreconditionFailed", "412", "AccessDenied", "403"})


class Sheets:
    """Read and write files of lines."""

    def __init__(self, s3: Callable[[], Any], bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def etag(self, key: str) -> str:
        """Name a file's content.

        Raises:
            Changed: there is no such file.
        """
        return str(self._call("head_object", Key=key)["ETag"])

    def read(self, key: str, start: int = 0, end: int | None = None, etag: str = "") -> Iterator[bytes]:
        """Yield a file's bytes, or those from ``start`` to before ``end``.

        Raises:
            Changed: its content is another than the one named, or it is gone.
        """
        asked = {"Key": key, **({"IfMatch": etag} if etag else {})}
        if end is not None:
            asked["Range"] = f"bytes={start}-{end - 1}"
        body = self._call("get_object", **asked)["Body"]
        yield from body.iter_chunks(CHUNK_BYTES)

    @contextmanager
    def writing(self, key: str) -> Iterator["Sheet"]:
        """Write a file, which is there when the context has ended without an error."""
        sheet = Sheet(self._s3(), self._bucket, key)
        try:
            yield sheet
            sheet.finish()
        except BaseException:
            sheet.abort()
            raise

    def _call(self, operation: str, **asked: str) -> Any:
        client = self._s3()
        try:
            return getattr(client, operation)(Bucket=self._bucket, **asked)
        except client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                raise Changed(asked["Key"]) from error
            raise


class Sheet:
    """One file on its way: a single put when it is small, else parts in order."""

    def __init__(self, s3: Any, bucket: str, key: str) -> None:
        self._s3 = s3
        self._where = {"Bucket": bucket, "Key": key}
        self._held = bytearray()
        self._digest = hashlib.sha256()
        self._bytes = 0
        self._upload = ""
        self._parts: list[dict[str, Any]] = []

    def write(self, line: bytes) -> None:
        """Append a line."""
        self._held += line
        self._digest.update(line)
        self._bytes += len(line)
        if len(self._held) >= PART_BYTES:
            self._send()

    def stored(self) -> File:
        """Return what was written."""
        return File(self._where["Key"], self._bytes, self._digest.hexdigest())

    def finish(self) -> None:
        """Make the file be there."""
        if not self._upload:
            self._s3.put_object(**self._where, Body=bytes(self._held), ContentType=CONTENT_TYPE)
            return
        if self._held:
            self._send()
        parts = {"Parts": self._parts}
        self._s3.complete_multipart_upload(**self._where, UploadId=self._upload, MultipartUpload=parts)

    def abort(self) -> None:
        """Leave nothing behind."""
        if self._upload:
            self._s3.abort_multipart_upload(**self._where, UploadId=self._upload)

    def _send(self) -> None:
        if not self._upload:
            begun = self._s3.create_multipart_upload(**self._where, ContentType=CONTENT_TYPE)
            self._upload = begun["UploadId"]
        number = len(self._parts) + 1
        sent = self._s3.upload_part(
            **self._where, UploadId=self._upload, PartNumber=number, Body=bytes(self._held)
        )
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        self._held.clear()
