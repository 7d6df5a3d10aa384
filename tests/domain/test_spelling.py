"""One request over targets that say the same in other words."""

from typing import Any

import pytest

from gateway.domain.spelling import spelled
from gateway.plan import Parameter

IMAGE = {
    "aspect_ratio": Parameter(enum=("1:1", "3:2", "16:9", "9:16")),
    "resolution": Parameter(enum=("1K", "2K", "4K")),
    "quality": Parameter(enum=("low", "medium", "high")),
}
FILM = {
    "aspect_ratio": Parameter(enum=("16:9", "9:16")),
    "resolution": Parameter(enum=("720p", "1080p", "4k")),
}
PIXELS = {"size": Parameter(), "n": Parameter("integer")}


@pytest.mark.parametrize(
    ("known", "asked", "said"),
    [
        (IMAGE, {"size": "1536x1024"}, {"aspect_ratio": "3:2", "resolution": "1K"}),
        (IMAGE, {"size": "1024x1792"}, {"aspect_ratio": "9:16", "resolution": "1K"}),
        (IMAGE, {"size": "4096x4096"}, {"aspect_ratio": "1:1", "resolution": "4K"}),
        (IMAGE, {"size": "1024x1024", "resolution": "2K"}, {"resolution": "2K", "aspect_ratio": "1:1"}),
        (FILM, {"size": "1280x720"}, {"aspect_ratio": "16:9", "resolution": "720p"}),
        (FILM, {"size": "2160x3840"}, {"aspect_ratio": "9:16", "resolution": "4k"}),
        (IMAGE, {"quality": "hd", "n": 1}, {"quality": "high"}),
    ],
)
def test_a_target_is_asked_in_its_own_words(
    known: dict[str, Parameter], asked: dict[str, Any], said: dict[str, Any]
) -> None:
    """The nearest that it has; what was asked in its words stays."""
    assert spelled(known, asked) == said


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        (PIXELS, {"size": "1024x1024", "n": 1}),
        (IMAGE, {"size": "large"}),
        (IMAGE, {"size": "1024x1024", "aspect_ratio": "1:1"}),
        (IMAGE, {"n": 2}),
        (IMAGE, {"quality": "best"}),
        ({"aspect_ratio": Parameter()}, {"size": "1024x1024"}),
        ({}, {"size": "1024x1024"}),
    ],
)
def test_what_has_no_other_word_stays(known: dict[str, Parameter], asked: dict[str, Any]) -> None:
    """The check then says what is wrong with it."""
    assert spelled(known, asked) == asked
