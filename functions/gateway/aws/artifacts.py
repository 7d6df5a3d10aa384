"""A bucket of delivered files: keys by which delivering twice is delivering once, and parts of large ones."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gateway.domain.download import Part

LINK_S = 900
CHUNK_BYTES = 1024 * 1024


class Artifacts:
    """Store files in a bucket, read them back, and sign short links to them.

    Args:
        owner: the account that the bucket must belong to, where it is not our own.
    """

    def __init__(self, s3: Callable[[], Any], bucket: str, owner: str = "") -> None:
        self._s3 = s3
        self._bucket = {"Bucket": bucket}
        self._owned = self._bucket | ({"ExpectedBucketOwner": owner} if owner else {})

    def put(self, key: str, content_type: str, data: bytes) -> None:
        """Store a small file, unless the same delivery has stored it before."""
        put = self._s3().put_object
        self._unless_there(put, Key=key, Body=data, ContentType=content_type)

    def begin(self, key: str, content_type: str) -> str:
        """Begin a large file; return the upload's id."""
        begun = self._s3().create_multipart_upload(**self._owned, Key=key, ContentType=content_type)
        return str(begun["UploadId"])

    def put_part(self, key: str, upload: str, number: int, data: bytes) -> Part:
        """Store a part of it."""
        done = self._s3().upload_part(**self._owned, Key=key, UploadId=upload, PartNumber=number, Body=data)
        return Part(number, len(data), done["ETag"])

    def parts(self, key: str, upload: str) -> Sequence[Part] | None:
        """Return the parts that are there; nothing if the upload is not open any more."""
        pages = self._s3().get_paginator("list_parts")
        try:
            return [
                Part(part["PartNumber"], part["Size"], part["ETag"])
                for page in pages.paginate(**self._owned, Key=key, UploadId=upload)
                for part in page.get("Parts", ())
            ]
        except self._s3().exceptions.ClientError as error:
            if code_of(error) == "NoSuchUpload":
                return None
            raise

    def complete(self, key: str, upload: str, parts: Sequence[Part]) -> None:
        """Make one file of the parts, unless the same delivery has done so before."""
        listed = [{"PartNumber": part.number, "ETag": part.etag} for part in parts]
        complete = self._s3().complete_multipart_upload
        if not self._unless_there(complete, Key=key, UploadId=upload, MultipartUpload={"Parts": listed}):
            self.drop(key, upload)

    def drop(self, key: str, upload: str) -> None:
        """Forget the parts of a file that will not be finished."""
        try:
            self._s3().abort_multipart_upload(**self._owned, Key=key, UploadId=upload)
        except self._s3().exceptions.ClientError as error:
            if code_of(error) != "NoSuchUpload":
                raise

    def find(self, stem: str) -> str | None:
        """Return the key of the file that was stored under ``stem`` + its own extension."""
        found = self._s3().list_objects_v2(**self._owned, Prefix=f"{stem}.", MaxKeys=1)
        return next((str(each["Key"]) for each in found.get("Contents", ())), None)

    def read(self, key: str) -> Iterator[bytes]:
        """Read a file back."""
        body = self._s3().get_object(**self._owned, Key=key)["Body"]
        yield from body.iter_chunks(CHUNK_BYTES)

    def remove(self, key: str) -> None:
        """Take a file away; twice is once."""
        self._s3().delete_object(**self._owned, Key=key)

    def link(self, key: str) -> str:
        """Sign a link that lives for a quarter of an hour."""
        return str(
            self._s3().generate_presigned_url(
                "get_object", Params={**self._bucket, "Key": key}, ExpiresIn=LINK_S
            )
        )

    def _unless_there(self, write: Callable[..., Any], **given: Any) -> bool:
        """Write a file; return whether it was not there yet."""
        try:
            write(**self._owned, **given, IfNoneMatch="*")
        except self._s3().exceptions.ClientError as error:
            if code_of(error) != "PreconditionFailed":
                raise
            return False
        return True


def code_of(error: Any) -> str:
    """Return the code of an error of S3 or another service."""
    return str(error.response["Error"]["Code"])
