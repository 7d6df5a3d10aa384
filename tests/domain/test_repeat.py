"""What tells a call from another one."""

import pytest

from gateway.domain import repeat
from gateway.errors import InvalidRequest

BODY = {"prompt": "a lighthouse", "metadata": {"a": "1", "b": "2"}}


def test_spaces_and_the_order_of_names_do_not_count() -> None:
    """
    A client that writes its JSON anew sends the same call.
    """
    turned = {"metadata": {"b": "2", "a": "1"}, "prompt": "a lighthouse"}

    assert repeat.read("k", "key_1", "POST /v1/v", BODY) == repeat.read("k", "key_1", "POST /v1/v", turned)


def test_nothing_that_was_said_can_be_read_from_it() -> None:
    """
    Neither the caller's text nor its body: two hashes.
    """
    found = repeat.read("order 7", "key_1", "POST /v1/v", BODY)

    assert {len(found.name), len(found.digest)} == {64}
    assert "order" not in repr(found)


@pytest.mark.parametrize("text", ["", "x" * 256, "a\nb", "a\x00"], ids=["empty", "long", "lines", "zero"])
def test_a_key_is_printable_and_not_too_long(text: str) -> None:
    """
    The refusal names the header, and what would do.
    """
    with pytest.raises(
        InvalidRequest, match=r"^Idempotency-Key: must have 1 to 255 printable characters"
    ) as caught:
        repeat.read(text, "key_1", "POST /v1/v", BODY)

    assert (caught.value.code, caught.value.param) == ("invalid_header", "Idempotency-Key")
