"""Who gets which key: the sandbox's for most, real ones for those named live."""

import pytest

from sluice.errors import Refused
from sluice.local.credential import credentials_of


def test_providers_get_keys_of_the_sandbox_unless_they_are_live() -> None:
    found = credentials_of(["google", "fal"], ["google"], {"GOOGLE_API_KEY": "real"})

    assert found == {"google": "real", "fal": "sandbox-fal"}


@pytest.mark.parametrize(
    ("provider", "variable"),
    [
        ("google", "GOOGLE_API_KEY"),
        ("google", "GEMINI_API_KEY"),
        ("fal", "FAL_KEY"),
        ("openai", "OPENAI_API_KEY"),
        ("kling", "KLING_API_KEY"),
        ("runway", "RUNWAYML_API_SECRET"),
        ("elevenlabs", "ELEVENLABS_API_KEY"),
        ("in-house", "IN_HOUSE_API_KEY"),
    ],
)
def test_a_live_key_is_found_where_its_sdk_finds_it(provider: str, variable: str) -> None:
    assert credentials_of([provider], [provider], {variable: " real\n"}) == {provider: "real"}


def test_a_missing_live_key_is_named() -> None:
    with pytest.raises(
        Refused, match=r"^LIVE names 'google', but GOOGLE_API_KEY and GEMINI_API_KEY are not set\."
    ):
        credentials_of(["google"], ["google"], {"GOOGLE_API_KEY": " "})


def test_an_unknown_live_provider_is_answered_with_the_known_ones() -> None:
    with pytest.raises(
        Refused, match=r"^LIVE names 'gogle', which providers\.yaml does not\. Known: fal, google\.$"
    ):
        credentials_of(["google", "fal"], ["gogle"], {})
