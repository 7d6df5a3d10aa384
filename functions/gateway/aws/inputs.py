"""The prefix ``inputs/`` of the bucket: strangers' files, streamed in with bounded memory."""

from collections.abc import Callable, Iterator
from typing import Any

from gateway.domain import media
from gateway.domain.address import Fetched

PREFIX = "inputs/"
PART_BYTES = 8 * 1024 * 1024


class Inputs:
    """Store files, and nothing outside the prefix.

    Args:
        owner: the account that the bucket must belong to; a bucket of that name in another one is refused.
    """

    def __init__(self, s3: Callable[[], Any], bucket: str, owner: str) -> None:
        self._s3 = s3
        self._bucket = {"Bucket": bucket, "ExpectedBucketOwner": owner}

    def store(self, key: str, chunks: Iterator[bytes]) -> Fetched:
        """Stream a file into a key; its type is told from its first bytes.

        Raises:
            ValueError: the key is outside the prefix.
        """
        if not key.startswith(PREFIX) or ".." in key:
            raise ValueError("a key outside of inputs/")
        parts = _parts(chunks)
        first = next(parts)
        where = {**self._bucket, "Key": key}
        kind = media.sniff(first[: media.HEAD_BYTES])
        typed = {"ContentType": kind or "application/octet-stream"}
        second = next(parts, b"")
        if not second:
            self._s3().put_object(**where, **typed, Body=first)
            return Fetched(key, kind, len(first))
        return Fetched(key, kind, self._in_parts(where, typed, (first, second), parts))

    def _in_parts(
        self, where: dict[str, str], typed: dict[str, str], begun: tuple[bytes, bytes], rest: Iterator[bytes]
    ) -> int:
        s3, size, done = self._s3(), 0, []
        upload = {**where, "UploadId": s3.create_multipart_upload(**where, **typed)["UploadId"]}
        try:
            for number, part in enumerate((*begun, *rest), 1):
                stored = s3.upload_part(**upload, PartNumber=number, Body=part)
                done.append({"PartNumber": number, "ETag": stored["ETag"]})
                size += len(part)
            s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": done})
        except BaseException:
            s3.abort_multipart_upload(**upload)
            raise
        return size


def _parts(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Gather chunks into parts; there is always a first one, and no other is empty."""
    held, count = bytearray(), 0
    for chunk in chunks:
        held += chunk
        if len(held) >= PART_BYTES:
            yield bytes(held)
            held.clear()
            count += 1
    if held or not count:
        yield bytes(held)
