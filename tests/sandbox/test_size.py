"""Aspect ratios and resolutions as pixels; the doctests of the pure modules run here too."""

import doctest

import pytest

from sluice.sandbox import form, size
from sluice.sandbox.dialects import fal_model
from sluice.sandbox.size import image_size, pixels_of, video_size


@pytest.mark.parametrize("module", [form, size, fal_model])
def test_the_examples_hold(module: object) -> None:
    """
    Every example in a docstring is true.
    """
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "found", [video_size("9p", "16:9"), video_size("720p", "wide"), image_size("9K", "1:1")]
)
def test_unknown_words_have_no_size(found: object) -> None:
    """
    What is not known is not guessed.
    """
    assert found is None


def test_a_size_of_pixels_has_bounds() -> None:
    """
    Nobody can order a picture that fills the memory.
    """
    assert pixels_of("99999x99999") is None
