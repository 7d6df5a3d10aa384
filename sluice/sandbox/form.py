"""Multipart forms, as far as the sandbox needs them: the text fields, and the files."""

import re
from typing import Any

BOUNDARY = re.compile(r'boundary="?([^";,]+)"?', re.IGNORECASE)
NAME = re.compile(rb'[;\s]name="?([^";\r\n]+)"?', re.IGNORECASE)
FILE = re.compile(rb"[;\s]filename\*?=", re.IGNORECASE)


def read_form(raw: bytes, content_type: str) -> tuple[dict[str, Any], tuple[tuple[str, bytes], ...]]:
    """Read a form's text fields, and each file with the name of its field.

    A field that comes several times is a list.

    Raises:
        ValueError: the content type names no boundary, or no part of the body begins with it.

    >>> read_form(b"--x\\r\\nContent-Disposition: form-data; name=n\\r\\n\\r\\n2\\r\\n--x--", "boundary=x")
    ({'n': '2'}, ())
    """
    found = BOUNDARY.search(content_type)
    if not found:
        raise ValueError("the content type names no boundary")
    parts = (b"\r\n" + raw).split(b"\r\n--" + found[1].strip().encode())[1:-1]
    if not parts:
        raise ValueError("the form has no parts")
    texts: dict[str, Any] = {}
    uploads: list[tuple[str, bytes]] = []
    for part in parts:
        head, _, body = part.partition(b"\r\n\r\n")
        if not (name := NAME.search(head)):
            continue
        if FILE.search(head):
            uploads.append((name[1].decode(), body))
        else:
            _add(texts, name[1].decode(), body.decode("utf-8", "replace"))
    return texts, tuple(uploads)


def _add(texts: dict[str, Any], name: str, value: str) -> None:
    known = texts.get(name)
    texts[name] = value if known is None else [*(known if isinstance(known, list) else [known]), value]
