"""AWS event streams: whatever way the bytes are cut, and whatever is wrong with them."""

import pytest
from botocore.eventstream import EventStreamBuffer

from gateway.protocols.eventstream import events
from sluice.sandbox.event_stream import framed, message, texts

SAID = [("messageStart", {"role": "assistant"}), ("contentBlockDelta", {"delta": {"text": "ärger"}})]
STREAM = b"".join(message(kind, value) for kind, value in SAID)
# A header of each type that is no text, before the one that names the event.
TYPES = {
    0: b"",
    1: b"",
    2: b"1",
    3: b"12",
    4: bytes(4),
    5: bytes(8),
    6: b"\0\2hi",
    8: bytes(8),
    9: bytes(16),
}
OTHERS = b"".join(b"\1h" + bytes([kind]) + value for kind, value in TYPES.items())


@pytest.mark.parametrize("size", [1, 3, 13, 4096])
def test_a_stream_may_be_cut_anywhere(size: int) -> None:
    """
    In the middle of a length, a header or a character.
    """
    pieces = [STREAM[at : at + size] for at in range(0, len(STREAM), size)]

    read = list(events(pieces))

    assert [each.name for each in read] == ["messageStart", "contentBlockDelta"]
    assert read[1].data == '{"delta": {"text": "\\u00e4rger"}}'


def test_the_sdk_reads_what_the_sandbox_writes() -> None:
    """
    So both sides of our own framing are held against a third.
    """
    buffer = EventStreamBuffer()
    buffer.add_data(STREAM)

    assert [each.headers[":event-type"] for each in buffer] == [kind for kind, _ in SAID]


def test_an_exception_and_an_error_are_named_alike() -> None:
    """
    The one has a payload, the other tells its code and text in headers.
    """
    told = texts({":message-type": "error", ":error-code": "internal", ":error-message": "sorry"})
    error = framed(told, b"")

    read = list(events([message("throttlingException", {"message": "slow"}, exception=True), error]))

    assert [each.name for each in read] == ["throttlingException", "internalException"]
    assert read[1].data == '{"message":"sorry"}'


def test_headers_that_are_no_texts_are_passed_over() -> None:
    """
    Each has its own length.
    """
    whole = framed(OTHERS + texts({":event-type": "x"}), b"{}")

    assert [each.name for each in events([whole])] == ["x"]


@pytest.mark.parametrize(
    ("stream", "wrong"),
    [
        (STREAM[:-1], "ended in the middle"),
        (STREAM[:-1] + b"\x00", "check sum of a message is wrong"),
        (b"\x01" + STREAM[1:], "check sum of a message's beginning"),
        (b"<html>not a stream</html>", "check sum of a message's beginning"),
    ],
)
def test_a_broken_stream_is_told(stream: bytes, wrong: str) -> None:
    """
    It is never taken for a shorter one.
    """
    with pytest.raises(ValueError, match=wrong):
        list(events([stream]))
