"""A caller's body: which of its fields steer the gateway, and which are the model's."""

from typing import Any

import pytest

from gateway.domain.body import read
from gateway.errors import InvalidRequest


def test_a_body_is_divided_into_steering_and_parameters() -> None:
    """
    Everything that does not steer is the model's, and null is the same as absent.
    """
    body = {"model": "other", "prompt": "x", "seed": None, "fallback": ["a"], "max_usd": 0.5, "region": "eu"}

    asked = read(body, "veo-3.1")

    assert (asked.model, asked.parameters) == ("veo-3.1", {"prompt": "x"})
    assert (asked.fallback, asked.max_micros, asked.region) == (("a",), 500_000, "eu")


def test_a_body_without_steering_has_none() -> None:
    """
    An empty fallback is a wish, no fallback is none.
    """
    plain = read({"prompt": "x"}, "m")

    assert (plain.fallback, read({"fallback": []}, "m").fallback) == (None, ())
    assert (plain.byok, plain.metadata, plain.webhook_url, plain.customer_id) == ({}, {}, "", None)
    assert (plain.retention_days, plain.max_micros, plain.operation) == (None, None, "")


@pytest.mark.parametrize(
    ("body", "param", "text"),
    [
        ({"fallback": "a"}, "fallback", "fallback: must be a list of model names, not a string."),
        ({"fallback": [1]}, "fallback", "fallback: must be a list of model names, not a list."),
        ({"byok": "key"}, "byok", "byok: must be an object of provider names to keys, not a string."),
        ({"byok": {"fal": ""}}, "byok.fal", "byok.fal: must be a text that is not empty, not a string."),
        ({"byok": {"fal": "ü" * 2049}}, "byok.fal", "byok.fal: has 4098 bytes, 4096 are the most of a key."),
        ({"metadata": {"a": 1}}, "metadata.a", "metadata.a: must be a text, not an integer."),
        (
            {"webhook_url": "ftp://x"},
            "webhook_url",
            "webhook_url: must be a URL such as https://example.com/hook.",
        ),
        (
            {"webhook_url": "https://x:99999/"},
            "webhook_url",
            "webhook_url: must be a URL such as https://example.com/hook.",
        ),
        ({"webhook_url": 1}, "webhook_url", "webhook_url: must be a string, not an integer."),
        ({"customer_id": 1}, "customer_id", "customer_id: must be a string, not an integer."),
        ({"operation": ["x"]}, "operation", "operation: must be a string, not a list."),
        ({"region": True}, "region", "region: must be a string, not a boolean."),
        ({"max_usd": "1"}, "max_usd", "max_usd: must be a positive number of US dollars, not a string."),
        ({"max_usd": 0}, "max_usd", "max_usd: must be a positive number of US dollars, not an integer."),
        ({"max_usd": True}, "max_usd", "max_usd: must be a positive number of US dollars, not a boolean."),
        ({"delivery": "7d"}, "delivery", "delivery: takes an object with 'retention', such as"),
        ({"delivery": {"to": "s3"}}, "delivery", "delivery: takes an object with 'retention', such as"),
    ],
)
def test_a_steering_field_of_the_wrong_form_is_named(body: dict[str, Any], param: str, text: str) -> None:
    """
    The refusal says which field, what it takes, and what was there instead.
    """
    with pytest.raises(InvalidRequest, match="^" + text.replace(".", r"\.")) as caught:
        read(body, "m")

    assert (caught.value.status, caught.value.code, caught.value.param) == (400, "invalid_parameter", param)


@pytest.mark.parametrize("retention", [7, "7", "1w", "-1d", "1.5d", "d", "²d", "0d", "9" * 5000 + "d"])
def test_a_retention_that_is_no_number_of_days_is_refused(retention: Any) -> None:
    """
    No days at all, and more days than a number can hold, are mistakes like any other.
    """
    with pytest.raises(InvalidRequest, match=r"^delivery\.retention: must be whole days, such as '7d'"):
        read({"delivery": {"retention": retention}}, "m")


def test_a_retention_in_days_is_read() -> None:
    """
    Days are the unit in which storage forgets.
    """
    assert read({"delivery": {"retention": "7d"}}, "m").retention_days == 7
    assert read({"delivery": {}}, "m").retention_days is None


def test_a_callers_own_key_does_not_show_in_a_log() -> None:
    """
    A printed request has no key in it.
    """
    assert "hush" not in repr(read({"byok": {"fal": "hush"}}, "m"))


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("5m", 300), ("1.5h", 5400), ("500ms", 0.5)])
def test_a_deadline_is_a_duration(text: str, seconds: float) -> None:
    """
    In the spelling of the files.
    """
    assert read({"deadline": text}, "m").deadline_s == seconds


@pytest.mark.parametrize("wrong", ["-5s", "0s", "", "soon", "5", 90, True, ["5m"], "²s", "9" * 5000 + "s"])
def test_a_deadline_that_is_no_time_is_refused(wrong: Any) -> None:
    """
    Negative, zero, without a unit, or of another type: the message names the field and shows what is right.
    """
    with pytest.raises(InvalidRequest, match=r"^deadline: must be a duration above zero, such as '90s'") as e:
        read({"deadline": wrong}, "m")
    assert e.value.param == "deadline"
    assert len(str(e.value)) < 150
