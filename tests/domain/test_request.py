"""A caller's body: what steers the gateway, and whether a model can take the rest."""

from typing import Any

import pytest

from gateway.domain import request
from gateway.plan import Model, Offer, Parameter
from tests import builders

PARAMETERS = {
    "prompt": Parameter(required=True, max_length=5),
    "n": Parameter("integer", minimum=1, maximum=4, default=1),
    "scale": Parameter("number", minimum=0.5, maximum=2),
    "sound": Parameter("boolean"),
    "tags": Parameter("array"),
    "options": Parameter("object"),
    "format": Parameter(enum=("png", "webp"), default="png"),
    "duration": Parameter("integer", enum=(4, 8)),
    "image": Parameter("image", required=True, operations=("image_to_video",)),
    "audio": Parameter("audio"),
    "video": Parameter("video"),
    "images": Parameter("array", items="image", max_items=2),
}
FILE = "must be a URL that starts with https://, or the reference of an upload (POST /v1/uploads)"
NO_DATA = "must not be a data: URL; send the file with POST /v1/uploads and give its reference"
OFFERS = {"text_to_video": Offer("x", "m"), "image_to_video": Offer("x", "m")}
MODEL = Model("m", "p", OFFERS, PARAMETERS)


def problems(**given: Any) -> dict[str, str]:
    return request.fit(MODEL, "text_to_video", {"prompt": "a fox", **given}, {}).problems


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("prompt", 7, "must be a string, not an integer"),
        ("prompt", None, "must be a string, not an object"),
        ("prompt", "", "must not be empty"),
        ("prompt", "foxes!", "has 6 characters, 5 are the most"),
        ("n", "2", "must be an integer, not a string"),
        ("n", 2.0, "must be an integer, not a number"),
        ("n", True, "must be an integer, not a boolean"),
        ("n", 0, "must be at least 1, not 0"),
        ("n", 5, "must be at most 4, not 5"),
        ("scale", "1", "must be a number, not a string"),
        ("scale", False, "must be a number, not a boolean"),
        ("scale", 0.25, "must be at least 0.5, not 0.25"),
        ("scale", 3, "must be at most 2, not 3"),
        ("sound", 1, "must be a boolean, not an integer"),
        ("sound", "true", "must be a boolean, not a string"),
        ("tags", {"a": 1}, "must be a list, not an object"),
        ("options", [1], "must be an object, not a list"),
        ("format", "gif", "must be one of 'png', 'webp', not 'gif'"),
        ("format", "x" * 99, "must be one of 'png', 'webp', not what was given"),
        ("duration", 5, "must be one of 4, 8, not 5"),
        ("image", "https://example.com/a.png", "is not something this model takes"),
        ("audio", "fox.mp3", FILE),
        ("audio", "http://example.com/fox.mp3", FILE),
        ("audio", "data:audio/mpeg;base64,AAAA", NO_DATA),
        ("video", "file:///etc/passwd", FILE),
        (
            "images",
            ["https://example.com/a.png", 7],
            "must be a list of URLs or references; item 1 is an integer",
        ),
        ("images", ["https://example.com/a.png", "b"], f"{FILE} (item 1)"),
        ("images", ["https://example.com/a.png"] * 3, "has 3 items, 2 are the most"),
        ("video", ["https://example.com/a.mp4"], "must be the URL of a video file, not a list"),
        ("resolution", "4k", "is not something this model takes"),
    ],
)
def test_a_bad_value_is_refused_with_what_would_be_right(name: str, value: Any, problem: str) -> None:
    """
    Type first, then choice, then range, then length, then place.
    """
    assert problems(**{name: value}) == {name: problem}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n", 1),
        ("n", 4),
        ("scale", 2),
        ("scale", 0.5),
        ("sound", False),
        ("tags", []),
        ("options", {}),
        ("format", "webp"),
        ("audio", "https://example.com/a.mp3"),
        ("prompt", "größe"),
    ],
)
def test_a_value_at_its_bound_is_taken(name: str, value: Any) -> None:
    """
    Bounds belong to what is allowed, and characters are counted, not bytes.
    """
    assert problems(**{name: value}) == {}


def test_every_problem_is_told_at_once() -> None:
    """
    A target that cannot take a request says all reasons.
    """
    fit = request.fit(MODEL, "image_to_video", {"n": 9, "format": "gif"}, {})

    assert list(fit.problems) == ["n", "format", "prompt", "image"]
    assert fit.problems["prompt"] == fit.problems["image"] == "is required"


def test_defaults_come_last_and_overrides_first() -> None:
    """
    The route's override beats the caller, the caller beats the default.
    """
    fit = request.fit(MODEL, "text_to_video", {"prompt": "a fox", "n": 2, "format": "png"}, {"n": 3})

    assert fit.arguments == {"prompt": "a fox", "n": 3, "format": "png"}


def test_a_hint_that_a_target_does_not_know_is_left_out_with_a_note() -> None:
    """
    A seed or a style may go missing; what the result depends on may not.
    """
    fit = request.fit(MODEL, "text_to_video", {"prompt": "a fox", "seed": 7, "style": "oil"}, {})

    assert (fit.dropped, fit.problems) == (("seed", "style"), {})
    assert "seed" not in fit.arguments


def test_a_parameter_belongs_to_its_operations() -> None:
    """
    The same model takes a picture for one operation and not for the other.
    """
    assert "image" in request.parameters_of(MODEL, "image_to_video")
    assert "image" not in request.parameters_of(MODEL, "text_to_video")


@pytest.mark.parametrize(
    ("given", "operation"),
    [
        ({"prompt": "x"}, "text_to_video"),
        ({"prompt": "x", "image": "https://x/a.png"}, "image_to_video"),
        ({"image": "https://x/a.png"}, "image_to_video"),
        ({}, "text_to_video"),
        ({"prompt": "x", "audio": "https://x/a.mp3"}, "text_to_video"),
    ],
)
@pytest.mark.parametrize("order", [("text_to_video", "image_to_video"), ("image_to_video", "text_to_video")])
def test_a_request_means_the_operation_that_uses_its_media(
    given: dict[str, Any], operation: str, order: tuple[str, ...]
) -> None:
    """
    Whoever sends a picture wants it used, in whichever order the route names its operations.
    """
    assert request.operation_of([MODEL], order, given) == operation


def test_the_one_operation_of_a_route_is_meant_in_any_case() -> None:
    """
    A route that only animates pictures is asked for that, and then misses its picture.
    """
    plan = builders.shipped_plan()
    model = plan.models["runway/gen4_turbo"]

    assert request.operation_of([model], ("image_to_video",), {"prompt": "x"}) == "image_to_video"


@pytest.mark.parametrize("voice", ["..", "../admin", "a/b", ".", "a?b"])
def test_what_becomes_part_of_a_providers_url_cannot_leave_its_place(voice: str) -> None:
    """
    A voice is a name in the provider's path, never a way to another path with our key.
    """
    model = builders.shipped_plan().models["elevenlabs/eleven_v4"]

    fit = request.fit(model, "speech", {"prompt": "x", "voice": voice}, {})

    assert fit.problems == {"voice": "must be a plain name of letters, digits, '_', '-' and '.'"}
