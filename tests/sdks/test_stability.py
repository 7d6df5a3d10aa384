"""Stability, by a client that others made: its own SDK is for an older API."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.probe import picture_size


@pytest.fixture(scope="module")
def told(node: Callable[[str], Any]) -> dict[str, Any]:
    """
    Run what drives the client, and return what it told.
    """
    return dict(node("stability")[0])


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("core", (1360, 768)),
        ("sd3", (1024, 1024)),
        ("inpaint", (1024, 1024)),
        ("structure", (1024, 1024)),
        ("upscaled", (2048, 2048)),
    ],
)
def test_a_picture_is_saved(told: dict[str, Any], name: str, size: tuple[int, int]) -> None:
    """
    From words, from a picture, by a mask, by a structure, and larger.
    """
    made = told[name]

    assert picture_size(Path(made["filepath"]).read_bytes()) == size
    assert (made["contentFiltered"], made["errored"], made["seed"] > 0) == (False, False, True)


def test_an_upscaler_is_a_task(told: dict[str, Any]) -> None:
    """
    Its result says that it is in progress before it is the file.
    """
    assert (told["begun"]["status"], len(told["begun"]["id"])) == ("in-progress", 64)


def test_a_picture_that_the_filter_took_back_is_marked(told: dict[str, Any]) -> None:
    """
    It comes all the same.
    """
    assert told["filtered"]["answered"]["contentFiltered"]


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("moderated", "StabilityAIContentModerationError", "content_moderation"),
        ("unauthorized", "StabilityAIUnauthorizedError", "unauthorized"),
        ("limited", "StabilityAIUnknownError", "rate_limit_exceeded"),
        ("invalid", "StabilityAIInvalidRequestError", "aspect_ratio"),
        ("unknown", "StabilityAIRecordNotFoundError", "not_found"),
    ],
)
def test_a_refusal_is_the_clients_error(told: dict[str, Any], name: str, error: str, words: str) -> None:
    """
    With the body's own name for it.
    """
    assert (told[name]["error"], words in told[name]["message"]) == (error, True)
