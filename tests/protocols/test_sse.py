"""Events are the same however the bytes of their stream are cut."""

import pytest

from gateway.protocols.sse import Event, events

STREAM = (
    "\ufeff: a comment\n\n"
    "data: grüße\r\n\r\n"
    "event: two\rdata: a\rdata:b\r\r"
    "id: 7\nretry: 10\ndata\n\n"
    "event: nothing\n\n"
    "data:  two spaces\n\n"
    "data: never ended"
).encode()
READ = [Event("", "grüße"), Event("two", "a\nb"), Event("", ""), Event("", " two spaces")]


@pytest.mark.parametrize("size", [1, 2, 3, 7, len(STREAM)])
def test_events_do_not_depend_on_where_bytes_are_cut(size: int) -> None:
    """
    All three ends of a line, a comment, several lines of data, an event without any; also within a character.
    """
    chunks = [STREAM[start : start + size] for start in range(0, len(STREAM), size)]

    assert list(events(chunks)) == READ


def test_an_event_comes_as_soon_as_it_is_whole() -> None:
    """
    Nothing waits for what comes after it.
    """
    read = events(iter([b"data: one\n\n", b"data: tw"]))

    assert next(read) == Event("", "one")


def test_a_stream_that_ends_within_a_character_is_no_text() -> None:
    """
    The events before it were read.
    """
    read = events(["data: ü\n\ndata: ü".encode()[:-1]])

    assert next(read) == Event("", "ü")
    with pytest.raises(ValueError, match="unexpected end of data"):
        next(read)
