"""Files that callers bring: signed forms to send them by, a look at their head, signed links, their bytes."""

from collections.abc import Callable
from typing import Any

from gateway.domain.upload import Form, Seen, Wanted

LINK_S = 3600
# No such file: said so, or not because the role may not list the bucket; or an empty one, which has no head.
_ABSENT = frozenset({"NoSuchKey", "AccessDenied", "InvalidRange"})


class Uploads:
    """The part of the bucket that callers fill."""

    def __init__(self, s3: Callable[[], Any], bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def form(self, key: str, wanted: Wanted, seconds: int) -> Form:
        """Sign a form that takes one file of this type and size under this key, and nothing else."""
        signed = self._s3().generate_presigned_post(
            self._bucket,
            key,
            Fields={"Content-Type": wanted.content_type},
            Conditions=[
                {"Content-Type": wanted.content_type},
                ["content-length-range", wanted.least, wanted.most],
            ],
            ExpiresIn=seconds,
        )
        return Form(signed["url"], signed["fields"])

    def put(self, key: str, content_type: str, data: bytes) -> None:
        """Store a file that came along with a call."""
        self._s3().put_object(Bucket=self._bucket, Key=key, Body=data, ContentType=content_type)

    def look(self, key: str, count: int) -> Seen | None:
        """Read a file's size and its first bytes, or nothing where there is no file."""
        got = self._get(key, Range=f"bytes=0-{count - 1}")
        if got is None:
            return None
        size = str(got.get("ContentRange", "")).rpartition("/")[2]
        return Seen(got["Body"].read(count), int(size) if size.isdigit() else int(got["ContentLength"]))

    def link(self, key: str, content_type: str) -> str:
        """Sign a link for a provider, good for an hour; it tells what the file is, not what was claimed."""
        named = {"Bucket": self._bucket, "Key": key, "ResponseContentType": content_type}
        return str(self._s3().generate_presigned_url("get_object", Params=named, ExpiresIn=LINK_S))

    def read(self, key: str, size: int) -> bytes | None:
        """Read a whole file of this size, or nothing where it is gone or another has taken its place."""
        got = self._get(key)
        return bytes(got["Body"].read()) if got and got["ContentLength"] == size else None

    def _get(self, key: str, **more: str) -> dict[str, Any] | None:
        client = self._s3()
        try:
            found: dict[str, Any] = client.get_object(Bucket=self._bucket, Key=key, **more)
        except client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise
        return found
