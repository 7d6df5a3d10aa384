"""A form with files in it (``multipart/form-data``), read in one piece.

Source: RFC 7578 and RFC 2046 section 5.1, read 2026-11-25.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.parser import HeaderParser

from gateway.errors import InvalidRequest

MOST_PARTS = 100
HEAD_BYTES = 8 * 1024
FIELD_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class File:
    """A file of a form; what its sender calls it and says of its type is not to be trusted."""

    name: str
    content_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Form:
    """Fields and files in the order in which they came, by names without the ``[]`` that marks a list."""

    fields: Mapping[str, tuple[str, ...]]
    files: Mapping[str, tuple[File, ...]]


def is_form(content_type: str) -> bool:
    """Tell whether a body of this type is a form with files.

    >>> is_form("Multipart/Form-Data; boundary=x"), is_form("application/json")
    (True, False)
    """
    return content_type.partition(";")[0].strip().lower() == "multipart/form-data"


def read(body: bytes, content_type: str) -> Form:
    """Read a form.

    Args:
        content_type: the header, which names the boundary between the parts.

    Raises:
        InvalidRequest: it is no form, is not whole, or has more parts than anybody needs.
    """
    mark = b"\r\n--" + _boundary(content_type)
    # What stands before the first mark says nothing. The body may begin with it, and then has no line before.
    _, *pieces = (b"\r\n" + body).split(mark, MOST_PARTS + 1)
    end = next((index for index, piece in enumerate(pieces) if piece.startswith(b"--")), None)
    if end is None and len(pieces) > MOST_PARTS:
        raise _wrong(f"it has more than {MOST_PARTS} parts")
    if end is None:
        raise _wrong("it breaks off before its end" if pieces else "the boundary of its header is not in it")
    fields: dict[str, tuple[str, ...]] = {}
    files: dict[str, tuple[File, ...]] = {}
    for piece in pieces[:end]:
        head, data = _divided(piece)
        name = str(head.get_param("name", "", "content-disposition")).removesuffix("[]")
        if not name:
            raise _wrong("a part of it has no name")
        if (called := head.get_filename()) is None:
            fields[name] = (*fields.get(name, ()), _text(name, data))
        else:
            files[name] = (*files.get(name, ()), File(called, head.get_content_type(), data))
    return Form(fields, files)


def _boundary(content_type: str) -> bytes:
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_boundary() if is_form(content_type) else None
    if not boundary or len(boundary) > 70 or not boundary.isascii():
        raise _wrong("its header must be 'multipart/form-data; boundary=...'")
    return boundary.encode()


def _divided(piece: bytes) -> tuple[Message, bytes]:
    """Divide a part into its headers and its data; blanks may stand behind the boundary."""
    head, gap, data = piece.partition(b"\r\n\r\n")
    if not gap or len(head) > HEAD_BYTES or head.partition(b"\r\n")[0].strip(b" \t"):
        raise _wrong("a part of it has no headers that can be read")
    lines = head.partition(b"\r\n")[2].decode("utf-8", "replace")
    return HeaderParser().parsestr(lines), data


def _text(name: str, data: bytes) -> str:
    if len(data) > FIELD_BYTES:
        raise _wrong(f"its field {name[:40]!r} has more than {FIELD_BYTES} bytes")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise _wrong(f"its field {name[:40]!r} is not UTF-8") from error


def _wrong(problem: str) -> InvalidRequest:
    return InvalidRequest(f"the body is no form that can be read: {problem}.", code="invalid_form")
