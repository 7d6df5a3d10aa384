"""Let callers bring files: hand out a signed form, look at what a reference or a link of ours stands for."""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.domain import identity, link, media, upload
from gateway.domain.job import Input
from gateway.domain.upload import Form, Wanted
from gateway.errors import GatewayError, InvalidRequest
from gateway.flow.ports import Ports

# Enough of a file's head to tell what it is.
HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Begun:
    """An upload that may be sent now."""

    id: str
    form: Form


def begin(ports: Ports, tenant: str, wanted: Wanted, take: Callable[[str], str] = str) -> Begun:
    """Sign a form by which one file of this type and size can be sent; nothing is stored.

    Args:
        take: turns a fresh id into the one that the same call took before.
    """
    upload_id = take(identity.upload_id(ports.now(), ports.random(10)))
    return Begun(upload_id, ports.uploads.form(upload.key_of(tenant, upload_id), wanted, upload.FORM_S))


def take(ports: Ports, tenant: str, data: bytes, kind: str, param: str) -> str:
    """Store a file that came along with a call; return the reference that stands for it.

    Args:
        kind: what it is used as: image, video, audio.
        param: the parameter that has it, for the error.

    Raises:
        InvalidRequest: it is empty, or another kind of file by its first bytes.
    """
    content_type = _sniffed(data[:HEAD_BYTES], kind)
    if fault := upload.unlike(kind, content_type, len(data)) if data else "is empty":
        raise _refused(param, f"the file {fault}")
    reference = identity.upload_id(ports.now(), ports.random(10))
    ports.uploads.put(upload.key_of(tenant, reference), content_type, data)
    return reference


def find(ports: Ports, tenant: str, reference: str, kind: str, param: str) -> Input:
    """Look at the file that a reference stands for, by one read of its head.

    Args:
        kind: what it is used as: image, video, audio, or ``upload.LINES``.
        param: the parameter that has the reference, for the error.

    Raises:
        InvalidRequest: it is no reference, has expired, was not uploaded, or is another kind of file.
    """
    if fault := upload.fault(reference, ports.now()):
        raise _refused(param, fault)
    missing = (
        f"nothing has been uploaded for {reference!r}; send the file by the form that POST /v1/uploads "
        "answered, and then ask again"
    )
    key = upload.key_of(tenant, reference)
    return _seen(ports, key, kind, param, f"the upload {reference!r}", missing)


def delivered(ports: Ports, file_id: str, kind: str, param: str) -> Input:
    """Look at the output of a job that one of our own links stands for.

    Raises:
        InvalidRequest: the link is not ours, is too old, or leads to another kind of file.
    """
    try:
        key = link.verify(file_id, ports.now(), ports.link_secret())
    except GatewayError as error:
        raise _refused(param, str(error).removesuffix(".")) from error
    return _seen(ports, key, kind, param, "the file behind this link", "the file behind this link is gone")


def _seen(ports: Ports, key: str, kind: str, param: str, name: str, missing: str) -> Input:
    seen = ports.uploads.look(key, HEAD_BYTES)
    if seen is None:
        raise _refused(param, missing)
    content_type = _sniffed(seen.head, kind)
    if fault := upload.unlike(kind, content_type, seen.bytes):
        raise _refused(param, f"{name} {fault}")
    return Input(key, content_type, seen.bytes)


def _sniffed(head: bytes, kind: str) -> str:
    """Tell a file's type from its head; lines of JSON look like nothing, and begin with an object."""
    if kind == upload.LINES:
        return (
            upload.LINES
            if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
            else media.sniff(head)
        )
    return media.sniff(head)


def _refused(param: str, fault: str) -> InvalidRequest:
    return InvalidRequest(f"{param}: {fault}.", code="invalid_input", param=param.partition("[")[0])
