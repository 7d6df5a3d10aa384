"""The picture of a drill."""

import xml.etree.ElementTree as ET

from sluice.drill.result import Caller, Result
from sluice.drill.timeline import svg_of
from sluice.svg import ALARM, FAULT
from tests.drill.world import T0, caller, result

SVG = "{http://www.w3.org/2000/svg}"
LEGEND = 1  # marks of each kind that only explain


def drawn(found: Result) -> ET.Element:
    return ET.fromstring(svg_of(found))  # noqa: S314 - our own text


def texts(picture: ET.Element) -> list[str]:
    return [text.text or "" for text in picture.iter(f"{SVG}text")]


def dots(picture: ET.Element, colour: str) -> list[ET.Element]:
    return [dot for dot in picture.iter(f"{SVG}circle") if dot.get("fill") == colour]


def test_every_caller_has_a_mark_in_the_lane_of_whoever_served_it() -> None:
    """
    Two by google, one by fal after google failed, one by fal past google: a cross, a ring, a line.
    """
    picture = drawn(
        result(
            caller(T0 + 1, "google"),
            caller(T0 + 2, "google"),
            caller(T0 + 11, "-google", "fal", phase=1),
            caller(T0 + 12, "(google)", "fal", phase=1),
        )
    )

    google, fal = (dots(picture, colour) for colour in ("#1f6feb", "#d97706"))
    assert (len(google) - LEGEND, len(fal)) == (2, 2)
    assert len(dots(picture, "#ffffff")) - LEGEND == 1
    assert len(list(picture.iter(f"{SVG}path"))) - LEGEND == 1
    assert max(float(dot.get("cy", 0)) for dot in google) < min(float(dot.get("cy", 0)) for dot in fal)
    assert {"2 served", "0 callers"} <= set(texts(picture))


def test_phases_are_named_and_what_is_down_is_shaded() -> None:
    """
    Google's lane is shaded for the third of the time in which google is down.
    """
    picture = drawn(result(caller(T0 + 1, "google")))

    shaded = [box for box in picture.iter(f"{SVG}rect") if box.get("fill") == FAULT]
    assert {"calm", "google down", "google back", "google", "fal", "10 s"} <= set(texts(picture))
    assert len(shaded) == 1
    assert abs(float(shaded[0].get("width", 0)) - (1000 - 108 - 44) / 3) < 1


def test_an_error_is_in_a_lane_of_its_own() -> None:
    """
    Whether the job failed or none was made.
    """
    refused = Caller(T0 + 3, 0, 429, {}, "rate_limited")

    picture = drawn(result(caller(T0 + 1, "-google", "-fal"), refused))

    assert len(dots(picture, ALARM)) - LEGEND == 2
    assert {"2 callers", "errors"} <= set(texts(picture))


def test_a_drill_that_was_cut_at_once_is_still_a_picture() -> None:
    """
    Nobody had asked, or nobody had an answer.
    """
    empty = Result(result().course, (), (), cut=True)

    assert "Every caller was served: 0 of 0." in texts(drawn(empty))
    assert "0 served" in texts(drawn(result(Caller(T0 + 1, 0), cut=True)))
