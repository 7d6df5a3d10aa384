"""Uploads: what may be uploaded, and what a reference says by itself."""

from typing import Any

import pytest

from gateway.domain import identity, upload
from gateway.domain.media import EXTENSIONS
from gateway.errors import InvalidRequest
from tests.fakes.clock import START

REFERENCE = identity.upload_id(START, bytes(10))


@pytest.mark.parametrize(
    "content_type", [*sorted(EXTENSIONS.keys() - {"image/svg+xml"}), "application/jsonl"]
)
def test_what_models_take_and_lines_may_be_uploaded(content_type: str) -> None:
    """
    Each kind has its own limit; a size that is told is the only one taken.
    """
    most = upload.MOST_BYTES[upload.kind_of(content_type)]

    assert upload.read({"content_type": content_type}) == upload.Wanted(content_type, 1, most)
    assert upload.read({"content_type": content_type, "bytes": 7}) == upload.Wanted(content_type, 7, 7)


@pytest.mark.parametrize(
    ("body", "code", "param", "text"),
    [
        ({}, "missing_parameter", "content_type", "content_type: is required, one of audio/aac, "),
        ({"content_type": "text/html"}, "invalid_parameter", "content_type", "not 'text/html'."),
        ({"content_type": "image/svg+xml"}, "invalid_parameter", "content_type", "not 'image/svg+xml'."),
        ({"content_type": ["image/png"]}, "invalid_parameter", "content_type", "must be one of "),
        ({"content_type": "image/png", "bytes": 0}, "invalid_parameter", "bytes", "from 1 to 20971520 for"),
        ({"content_type": "image/png", "bytes": "9"}, "invalid_parameter", "bytes", "not '9'."),
        ({"content_type": "image/png", "bytes": True}, "invalid_parameter", "bytes", "not True."),
        ({"content_type": "image/png", "bytes": 20971521}, "invalid_parameter", "bytes", "not 20971521."),
        (
            {"content_type": "image/png", "size": 1},
            "unknown_parameter",
            "size",
            "Known: content_type, bytes.",
        ),
    ],
)
def test_what_may_not_be_uploaded_is_named(body: dict[str, Any], code: str, param: str, text: str) -> None:
    """
    The field, what was found, and what would be taken.
    """
    with pytest.raises(InvalidRequest, match=r"\.$") as caught:
        upload.read(body)

    assert (caught.value.code, caught.value.param) == (code, param)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("reference", "later_s", "fault"),
    [
        (REFERENCE, 0, ""),
        (REFERENCE, upload.KEPT_S - 1, ""),
        (REFERENCE, upload.KEPT_S, "expired at 2026-09-22T14:13:20.000Z, a day after it was begun"),
        ("upl_", 0, "'upl_' is not the reference of an upload"),
        (REFERENCE + "0", 0, "is not the reference of an upload"),
        (REFERENCE.upper(), 0, "is not the reference of an upload"),
        ("upl_../../acme/secret", 0, "is not the reference of an upload"),
        (identity.job_id(START, bytes(10)), 0, "is not the reference of an upload"),
        (identity.upload_id(START * 2, bytes(10)), 0, "is not the reference of an upload"),
    ],
)
def test_a_reference_tells_by_itself_whether_it_may_be_good(
    reference: str, later_s: float, fault: str
) -> None:
    """
    Its form and its time need no look-up; nobody can make one that lives longer.
    """
    found = upload.fault(reference, START + later_s)

    assert fault in found
    assert bool(found) is bool(fault)


@pytest.mark.parametrize(
    ("kind", "content_type", "size", "fault"),
    [
        ("image", "image/png", 9, ""),
        ("image", "image/png", 20971521, "has 20971521 bytes, and 20971520 are the most for an image"),
        ("image", "video/mp4", 9, "is video/mp4 by its first bytes, and an image is needed"),
        ("image", "image/svg+xml", 9, "is image/svg+xml by its first bytes, and an image is needed"),
        ("audio", "video/webm", 9, ""),
        ("audio", "image/png", 9, "is image/png by its first bytes, and an audio file is needed"),
        ("audio", "", 9, "is of no known media type by its first bytes, and an audio file is needed"),
        ("application/jsonl", "image/png", 9, "and a file of JSON lines is needed"),
    ],
)
def test_a_file_that_cannot_be_used_says_what_it_is(
    kind: str, content_type: str, size: int, fault: str
) -> None:
    """
    What counts is what its bytes say.
    """
    found = upload.unlike(kind, content_type, size)

    assert fault in found
    assert bool(found) is bool(fault)


def test_a_key_holds_its_tenant() -> None:
    """
    So that one tenant's reference is nothing under another's key.
    """
    assert upload.key_of("acme", REFERENCE) == f"uploads/acme/{REFERENCE}"
