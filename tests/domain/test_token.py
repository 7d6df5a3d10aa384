"""Tokens by the meters that they are billed by."""

from gateway.domain import token
from gateway.plan import Model, PriceLine


def model(*meters: str) -> Model:
    """Make a model with prices for these meters."""
    return Model("m", "p", {}, {}, tuple(PriceLine(each, 1, 1, "2026-11-25", "here") for each in meters))


USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 30,
    "prompt_tokens_details": {"cached_tokens": 60, "audio_tokens": 10},
    "completion_tokens_details": {"reasoning_tokens": 9, "audio_tokens": 5},
}


def test_what_has_a_price_of_its_own_is_counted_apart() -> None:
    """
    And not twice.
    """
    meters = ("input_token", "output_token", "cached_input_token", "input_audio_token", "output_audio_token")

    assert token.units_of(model(*meters), USAGE) == {
        "input_token": 30,
        "cached_input_token": 60,
        "input_audio_token": 10,
        "output_token": 25,
        "output_audio_token": 5,
    }


def test_what_has_none_is_counted_as_what_it_is_part_of() -> None:
    """
    Thinking is output in any case.
    """
    assert token.units_of(model("input_token", "output_token"), USAGE) == {
        "input_token": 100, "output_token": 30
    }  # fmt: skip


def test_garbled_counts_are_no_counts() -> None:
    """
    An estimate is better than what nobody understands.
    """
    assert token.counted(None) is None
    assert token.counted({"prompt_tokens": "7"}) is None
    assert token.counted({"prompt_tokens": 7, "completion_tokens": None}) == {
        "prompt_tokens": 7, "completion_tokens": 0, "total_tokens": 7
    }  # fmt: skip
