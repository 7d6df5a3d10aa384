"""Lines come out whole, numbered as an editor counts them, whatever the bounds of chunks."""

import pytest

from gateway.domain.jsonl import pieces

TEXT = b'\xef\xbb\xbf{"a": 1}\r\n\n  \n{"b": "\xc3\xa4"}\n{"c": 3}'


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_the_bounds_of_chunks_do_not_matter(size: int) -> None:
    chunks = [TEXT[at : at + size] for at in range(0, len(TEXT), size)]

    found = list(pieces(chunks, 50))

    assert [(piece.number, piece.text) for piece in found] == [
        (1, b'{"a": 1}'),
        (4, b'{"b": "\xc3\xa4"}'),
        (5, b'{"c": 3}'),
    ]
    assert [TEXT[piece.start : piece.end].strip(b"\xef\xbb\xbf\r\n") for piece in found] == [
        p.text for p in found
    ]


@pytest.mark.parametrize("size", [1, 9, 100])
def test_a_line_that_is_too_long_is_told_and_not_held(size: int) -> None:
    text = b"12345\n" + b"x" * 60 + b"\n12\n" + b"y" * 60
    chunks = [text[at : at + size] for at in range(0, len(text), size)]

    assert [(piece.number, piece.text) for piece in pieces(chunks, 50)] == [
        (1, b"12345"),
        (2, None),
        (3, b"12"),
        (4, None),
    ]


def test_a_part_of_a_file_goes_on_counting() -> None:
    (piece,) = pieces([b"{}\n"], 50, number=51, start=900)

    assert (piece.number, piece.start, piece.end) == (51, 900, 903)
