"""Signed links: they open one file until its time is over, and nothing else ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import link
from gateway.errors import Forbidden, Gone

SECRET = b"s" * 32
KEY = "30d/acme/gw_1/out:0.mp4"
ENDS_AT = 1_790_000_000.9


def test_a_link_opens_its_file_until_its_end() -> None:
    """
    A key may have any characters; the last second is still good.
    """
    file_id = link.sign(KEY, ENDS_AT, SECRET)

    assert link.verify(file_id, ENDS_AT - 1, SECRET) == KEY


@pytest.mark.parametrize("late_s", [0, 1, 86400 * 365])
def test_an_expired_link_says_that_the_time_is_over(late_s: int) -> None:
    """
    A genuine link that is late is gone, not forbidden.
    """
    with pytest.raises(Gone, match=r"^the retention time of this file is over\.$") as caught:
        link.verify(link.sign(KEY, ENDS_AT, SECRET), ENDS_AT + late_s, SECRET)

    assert (caught.value.status, caught.value.code) == (410, "link_expired")


@given(st.text(min_size=1), st.integers(0, 2**40), st.binary(min_size=1, max_size=40))
def test_every_key_comes_back_as_it_was(key: str, ends_at: int, secret: bytes) -> None:
    """
    Also keys with colons, dots and letters of any language.
    """
    assert link.verify(link.sign(key, ends_at + 1, secret), ends_at, secret) == key


@pytest.mark.parametrize(
    "garbage",
    ["", ".", "..", "a", "a.b", "a.b.c", "ä.ö", "=.=", "\x00", "%2e", "🦊" * 9, "x" * 9999],
)
def test_garbage_is_forbidden_and_nothing_worse(garbage: str) -> None:
    """
    What we did not sign is refused with the way to a good link.
    """
    with pytest.raises(
        Forbidden, match=r"^this link is not signed by this gateway; take 'output_url'"
    ) as caught:
        link.verify(garbage, 0, SECRET)

    assert (caught.value.status, caught.value.code) == (403, "link_invalid")


@given(st.text())
def test_no_text_opens_anything_or_breaks_anything(text: str) -> None:
    """
    The id comes from a URL, so it can be any text.
    """
    with pytest.raises(Forbidden, match="not signed by this gateway"):
        link.verify(text, 0, SECRET)


@given(st.integers(0, len(link.sign(KEY, ENDS_AT, SECRET)) - 2), st.sampled_from("Aaz09-_."))
def test_a_changed_link_is_forbidden(at: int, letter: str) -> None:
    """
    Neither the file nor the end nor the signature can be changed. (The last letter has idle bits.)
    """
    genuine = link.sign(KEY, ENDS_AT, SECRET)
    changed = genuine[:at] + (letter if genuine[at] != letter else "q") + genuine[at + 1 :]

    with pytest.raises(Forbidden, match="not signed by this gateway"):
        link.verify(changed, 0, SECRET)


def test_another_deployments_link_is_forbidden() -> None:
    """
    The secret belongs to one deployment.
    """
    with pytest.raises(Forbidden, match="not signed by this gateway"):
        link.verify(link.sign(KEY, ENDS_AT, b"other"), 0, SECRET)


def test_a_link_has_only_letters_that_urls_carry_unchanged() -> None:
    """
    No padding, no slash, nothing to escape.
    """
    file_id = link.sign(KEY + "?&/ü", ENDS_AT, SECRET)

    assert all(letter.isascii() and (letter.isalnum() or letter in "-_.") for letter in file_id)
