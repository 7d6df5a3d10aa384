"""The course of a drill: which model, whose providers, which phases."""

import pytest

from gateway.plan import Plan
from sluice.drill.course import Course, Order, course_of
from sluice.errors import Refused
from tests.builders import plan_of, shipped_plan
from tests.drill.world import DOWN, Phase

ALONE = "  alone: {operations: [text_to_image], targets: [fal/fal-ai/flux-pro/v1.1]}\n"
PAIR = (
    "  pair:\n    operations: [text_to_image]\n"
    "    targets: [google/gemini-3-pro-image, fal/fal-ai/nano-banana-pro]\n"
)


def laid_out(plan: Plan, **wish: object) -> Course:
    return course_of(plan, Order(phase_s=15, rpm=60, fault=DOWN, **wish))  # type: ignore[arg-type]


def test_the_first_model_with_two_providers_is_drilled() -> None:
    """
    One that has a single provider comes first, and is left alone.
    """
    course = laid_out(plan_of(f"version: 1\nmodels:\n{ALONE}{PAIR}"))

    assert (course.model, course.providers) == ("pair", ("google", "fal"))
    assert course.parameters.keys() == {"prompt"}


def test_where_no_model_has_two_the_first_is_drilled() -> None:
    """
    Breaking the only provider shows what callers see then, which is worth seeing too.
    """
    course = laid_out(plan_of(f"version: 1\nmodels:\n{ALONE}"))

    down = course.phases[1]
    assert (course.model, course.providers, down.broken) == ("alone", ("fal",), ("fal",))
    assert not course.leaves_some(down)


def test_each_provider_goes_down_and_comes_back() -> None:
    """
    Fallbacks belong to the chain, and a provider with two targets in it breaks once.
    """
    course = laid_out(shipped_plan(), model="veo-3.1")

    names = [phase.name for phase in course.phases]
    assert course.chain[-2:] == (("fal", "fal-ai/kling-video/v3/pro/text-to-video"), ("runway", "gen4.5"))
    assert names == ["calm"] + [
        f"{p} {how}" for p in ("google", "fal", "kling", "runway") for how in ("down", "back")
    ]
    assert all(course.leaves_some(phase) for phase in course.phases)


def test_only_some_break_and_all_together_at_the_end() -> None:
    """
    ``only`` narrows the single breaks; the last phase leaves nobody.
    """
    course = laid_out(shipped_plan(), model="nano-banana-pro", only=("fal",), all_at_once=True)

    assert [phase.name for phase in course.phases] == ["calm", "fal down", "fal back", "all down"]
    assert course.phases[-1] == Phase("all down", 15, ("google", "fal"))
    assert not course.leaves_some(course.phases[-1])


def test_what_fits_no_model_is_refused() -> None:
    """
    Unknown names come with what is meant, parameters with why nobody takes them.
    """
    with pytest.raises(Refused, match=r"^--model: unknown model 'veo-3'\. Did you mean 'veo-3\.1'"):
        laid_out(shipped_plan(), model="veo-3")
    with pytest.raises(
        Refused,
        match=r"^--provider: unknown provider of 'nano-banana-pro' 'gogle'\. "
        r"Did you mean 'google'\? Known: fal, google\.$",
    ):
        laid_out(shipped_plan(), model="nano-banana-pro", only=("gogle",))
    with pytest.raises(Refused, match=r"^no target of 'veo-3\.1' can serve a plain request: "):
        laid_out(shipped_plan(), model="veo-3.1", parameters={"duration": "long"})
