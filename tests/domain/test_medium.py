"""Files of a request: where they stand, and the form that a target takes them in."""

from typing import Any

import pytest

from gateway.domain import medium
from gateway.domain.medium import Medium
from gateway.plan import Parameter

PARAMETERS = {
    "prompt": Parameter(),
    "image": Parameter("image", shape={"data": "{base64}"}),
    "images": Parameter("array", items="image"),
    "tags": Parameter("array"),
}
GIVEN: dict[str, Any] = {
    "prompt": "x",
    "image": "upl_1",
    "images": ["https://a/1", "https://a/2"],
    "tags": ["a"],
}


def test_files_are_found_by_their_parameters_type() -> None:
    """
    One in a list has its number in its name; texts and lists of other things are none.
    """
    found = [(place.name, place.given, place.inline) for place in medium.places(PARAMETERS, GIVEN)]

    assert found == [
        ("image", "upl_1", True),
        ("images[0]", "https://a/1", False),
        ("images[1]", "https://a/2", False),
    ]


def test_files_take_their_place_and_nothing_else_changes() -> None:
    """
    A list stays a list, in its order.
    """
    filled = medium.filled(PARAMETERS, GIVEN, lambda place: Medium(url=place.name))

    assert filled == {
        **GIVEN,
        "image": Medium(url="image"),
        "images": [Medium(url="images[0]"), Medium(url="images[1]")],
    }


@pytest.mark.parametrize(
    ("shape", "names"),
    [
        (None, set()),
        ("{file}", {"file"}),
        ("data:{media_type};base64,{base64}", {"media_type", "base64"}),
        ([{"uri": "{url}", "position": "first"}], {"url"}),
    ],
)
def test_a_shape_says_what_it_is_filled_with(shape: Any, names: set[str]) -> None:
    """
    At any depth.
    """
    assert medium.gaps(shape) == names


def test_a_file_is_not_printed() -> None:
    """
    Its bytes and its signed link stay out of whatever shows values.
    """
    shown = repr(Medium("https://a?signature", "image/png", "QUJD", b"ABC"))

    assert shown == "Medium(media_type='image/png')"
