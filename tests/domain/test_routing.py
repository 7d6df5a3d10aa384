"""Which targets may serve a request, in which order, and why the others may not."""

import re
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from gateway.domain import request, routing
from gateway.domain.body import read
from gateway.domain.job import Attempt, Hop
from gateway.domain.outcome import ERROR_CLASSES
from gateway.errors import InvalidRequest, NotFound
from gateway.plan import Plan
from tests import builders

ROUTES = """
version: 1
models:
  clip:
    operations: [text_to_video, image_to_video]
    targets: [google/veo-3.1-generate-001, fal/fal-ai/veo3.1: {seed: 5}]
    fallback: [other]
  other:
    operations: [text_to_video]
    targets: [fal/fal-ai/veo3.1, runway/gen4.5]
    fallback: [third]
  third:
    operations: [text_to_video]
    targets: [kling/kling-v3]
  animated:
    operations: [image_to_video]
    targets: [runway/gen4_turbo]
  voice:
    operations: [speech]
    targets: [openai/tts-1: {voice: nova}, elevenlabs/eleven_v4]
    region: eu
"""
PROMPT = {"prompt": "a fox"}
CHOICE = "duration: must be one of 4, 6, 8, not 5."
LINK = "image: must be a URL that starts with https://, or the reference of an upload (POST /v1/uploads)."


@cache
def plan() -> Plan:
    return builders.plan_of(ROUTES)


def asked(model: str = "clip", **body: Any) -> request.Request:
    return read({**PROMPT, **body}, model)


def hops(model: str = "clip", fallback: tuple[str, ...] | None = None, region: str = "") -> tuple[Hop, ...]:
    return routing.hops_of(plan(), plan().routes[model], fallback, region)


def names(found: tuple[Hop, ...]) -> list[str]:
    return [f"{hop.route}: {hop.provider}/{hop.model}" for hop in found]


def reasons(operation: str = "text_to_video", region: str = "", **body: Any) -> dict[str, str]:
    chain = hops("clip", ("other", "third", "animated"), region)
    found = builders.unpriced(plan(), "kling/kling-v3")
    _, skipped = routing.eligible(found, asked(**body), operation, chain)
    return {f"{skip.provider}/{skip.model}": skip.reason for skip in skipped}


def refusal(model: str, operation: str, **body: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        routing.require(plan(), plan().routes[model], read(body, model), operation)
    return caught.value


def test_a_known_name_is_its_route() -> None:
    """
    Routes and single models are found by the same look-up.
    """
    assert routing.route_of(plan(), "clip").name == "clip"
    assert routing.route_of(plan(), "runway/gen4.5").targets[0].model == "gen4.5"


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    """
    The message has the way out, and the field that was wrong.
    """
    with pytest.raises(NotFound, match=r"^unknown model 'voise'\. Did you mean 'voice'") as caught:
        routing.route_of(plan(), "voise")

    assert (caught.value.status, caught.value.code, caught.value.param) == (404, "model_not_found", "model")
    assert f"GET /v1/models lists all {len(plan().routes)}." in str(caught.value)


def test_a_name_that_is_near_nothing_gets_no_guess() -> None:
    """
    A bad guess is worse than none.
    """
    with pytest.raises(NotFound, match=r"^unknown model 'zzzzzzzz'\. GET /v1/models"):
        routing.route_of(plan(), "zzzzzzzz")


def test_a_chain_is_the_targets_then_the_fallbacks_targets_each_once() -> None:
    """
    A target that comes twice keeps its first place, and a fallback's own fallback is not followed.
    """
    assert names(hops()) == [
        "clip: google/veo-3.1-generate-001",
        "clip: fal/fal-ai/veo3.1",
        "other: runway/gen4.5",
    ]
    assert [hop.parameters for hop in hops()] == [{}, {"seed": 5}, {}]


def test_a_callers_fallback_replaces_the_routes_own() -> None:
    """
    An empty list means no fallback at all.
    """
    assert names(hops(fallback=())) == ["clip: google/veo-3.1-generate-001", "clip: fal/fal-ai/veo3.1"]
    assert names(hops(fallback=("animated",)))[-1] == "animated: runway/gen4_turbo"
    assert names(hops(fallback=("clip",))) == names(hops(fallback=()))


def test_an_unknown_fallback_is_named_as_one() -> None:
    """
    The caller learns which field was wrong.
    """
    with pytest.raises(NotFound, match=r"^unknown model 'othr'\. Did you mean 'other'") as caught:
        hops(fallback=("othr",))

    assert caught.value.param == "fallback"


def test_a_region_is_kept_where_a_provider_lacks_it_too() -> None:
    """
    The caller's region beats the route's; where neither names one, each provider's usual one serves.
    """
    assert [hop.region for hop in hops("voice")] == ["eu", "eu"]
    assert [hop.region for hop in hops("voice", region="us")] == ["us", "us"]
    assert [hop.region for hop in hops("clip")] == ["global", "global", "global"]


REGIONS = """
version: 1
providers:
  elevenlabs: {secret: e, regions: [us, eu]}
  openai: {secret: o}
"""
VOICES = """
version: 1
models:
  voice: {operations: [speech], targets: [elevenlabs/eleven_v4, openai/tts-1], fallback: [european]}
  european: {operations: [speech], targets: [elevenlabs/eleven_v4, elevenlabs/eleven_v3], region: eu}
"""


def places(region: str = "", model: str = "voice", **body: Any) -> list[str]:
    """Return the hops that can take the request, with their regions."""
    found = builders.plan_of(VOICES, REGIONS)
    chain = routing.hops_of(found, found.routes[model], None, region)
    able, _ = routing.eligible(found, asked(model, **body), "speech", chain)
    return [f"{hop.model} in {hop.region}" for hop in able]


def test_a_target_is_tried_in_each_of_its_providers_regions() -> None:
    """
    The other region comes before the other target; a fallback's own region holds there, and none comes twice.
    """
    assert places() == ["eleven_v4 in us", "eleven_v4 in eu", "tts-1 in global", "eleven_v3 in eu"]


def test_a_named_region_is_the_only_one() -> None:
    """
    Neither the caller's region nor the route's is left when it fails.
    """
    assert places(region="us") == ["eleven_v4 in us", "eleven_v3 in us"]
    assert places(model="european") == ["eleven_v4 in eu", "eleven_v3 in eu"]


def test_a_provider_that_lists_no_regions_is_used_in_its_usual_one() -> None:
    """
    Data goes to another region only where the file says so.
    """
    found = builders.plan_of(VOICES, REGIONS.replace(", regions: [us, eu]", ""))

    chain = routing.hops_of(found, found.routes["voice"], (), "")

    assert [hop.region for hop in chain] == ["global", "global"]


def test_a_target_that_cannot_serve_is_told_once_for_all_its_regions() -> None:
    """
    The reason does not depend on the region.
    """
    found = builders.plan_of(VOICES, REGIONS)
    chain = routing.hops_of(found, found.routes["voice"], (), "")

    able, skipped = routing.eligible(found, asked("voice", speed=9), "speech", chain)

    assert (able, [skip.model for skip in skipped]) == ((), ["eleven_v4", "tts-1"])


@pytest.mark.parametrize(("region", "where"), [("", "eu"), ("eu", "eu"), ("us", "us")])
def test_a_named_region_leaves_out_who_is_not_there(region: str, where: str) -> None:
    """
    Nobody's data goes to another region than the caller or the route named.
    """
    able, skipped = routing.eligible(plan(), asked("voice"), "speech", hops("voice", region=region))

    assert [(hop.provider, hop.region) for hop in able] == [("elevenlabs", where)]
    assert [skip.reason for skip in skipped] == [f"is not served in region '{where}'"]


def test_every_target_that_is_passed_over_says_why() -> None:
    """
    Operation, parameters and their values each have their own words, and all problems are told.
    """
    found = reasons(duration=5, resolution="1080p")

    assert found == {
        "google/veo-3.1-generate-001": "duration must be one of 4, 6, 8, not 5",
        "fal/fal-ai/veo3.1": "duration must be one of 4, 6, 8, not 5",
        "runway/gen4.5": "resolution must be one of '720p', not '1080p'",
        "runway/gen4_turbo": "does not serve text_to_video",
    }


@pytest.mark.parametrize("operation", ["text_to_image", "image_edit"])
def test_a_target_that_is_there_for_another_operation_is_no_news(operation: str) -> None:
    """
    One provider may serve a route's operations under different names.
    """
    targets = "fal/fal-ai/nano-banana-pro, fal/fal-ai/nano-banana-pro/edit"
    two = builders.plan_of(
        f"version: 1\nmodels:\n  x: {{operations: [text_to_image, image_edit], targets: [{targets}]}}\n"
    )
    edits = operation == "image_edit"
    image = {"image": "https://a.example.com/1.png"} if edits else {}

    able, skipped = routing.eligible(
        two, asked("x", **image), operation, routing.hops_of(two, two.routes["x"], None, "")
    )

    assert [hop.model.endswith("/edit") for hop in able] == [edits]
    assert skipped == ()


def test_several_problems_of_one_target_stand_in_one_reason() -> None:
    """
    The trace shows all of them.
    """
    assert reasons(duration=99, resolution="4k")["runway/gen4.5"] == (
        "duration must be at most 10, not 99; resolution must be one of '720p', not '4k'"
    )


def test_a_limit_on_cost_leaves_out_the_dear_and_the_unpriced() -> None:
    """
    What has no price cannot be promised to stay below a limit.
    """
    assert reasons(max_usd=1, duration=8) == {
        "google/veo-3.1-generate-001": "is estimated at 3.200000 USD, above max_usd",
        "fal/fal-ai/veo3.1": "is estimated at 3.200000 USD, above max_usd",
        "kling/kling-v3": "has no price, and max_usd was given",
        "runway/gen4_turbo": "does not serve text_to_video",
    }


def test_a_limit_that_is_met_exactly_is_met() -> None:
    """
    The most that a job may cost is allowed.
    """
    assert "google/veo-3.1-generate-001" not in reasons(max_usd=3.2, duration=8)


def test_hints_do_not_leave_out_a_target() -> None:
    """
    A negative prompt that one target does not know is dropped there, not a reason to pass it over.
    """
    assert list(reasons(negative_prompt="rain", seed=1)) == ["runway/gen4_turbo"]


def test_what_one_target_of_the_route_takes_is_no_mistake() -> None:
    """
    The caller is right if any of the route's own targets can carry the request.
    """
    voice = plan().routes["voice"]

    routing.require(plan(), voice, read({"prompt": "x", "language": "en"}, "voice"), "speech")


def test_a_parameter_that_no_target_knows_is_the_callers_mistake() -> None:
    """
    The nearest name and all names are in the message.
    """
    error = refusal("clip", "text_to_video", prompt="x", durration=8)

    assert (error.code, error.param) == ("unknown_parameter", "durration")
    assert str(error).startswith("durration: is not a parameter of 'clip'. Did you mean 'duration'? Known: ")
    assert "image" not in re.split(r"Known: ", str(error))[1].split(", ")


@pytest.mark.parametrize(
    ("body", "operation", "code", "text"),
    [
        ({}, "text_to_video", "missing", "prompt: is required."),
        ({"prompt": ""}, "text_to_video", "invalid", "prompt: must not be empty."),
        ({"prompt": "x"}, "image_to_video", "missing", "image: is required."),
        ({"prompt": "x", "duration": 5}, "text_to_video", "invalid", CHOICE),
        ({"prompt": "x", "image": "a"}, "image_to_video", "invalid", LINK),
    ],
)  # fmt: skip
def test_what_no_target_of_the_route_takes_is_the_callers_mistake(
    body: dict[str, Any], operation: str, code: str, text: str
) -> None:
    """
    A fallback does not make it right: the first target's reason is told.
    """
    error = refusal("clip", operation, **body)

    assert (error.code, str(error), error.param) == (f"{code}_parameter", text, text.partition(":")[0])


def test_the_next_hop_is_the_first_that_was_not_tried() -> None:
    """
    In the chain's order, without those that are busy, and nothing after the deadline.
    """
    job = builders.make_job(builders.make_ports({}))
    tried = replace(job, attempts=(Attempt(1, 0, "google", "veo", "global", 0, 0),))

    assert [routing.next_hop(job, {}, 0), routing.next_hop(job, {0: 9.0}, 0)] == [0, 1]
    assert routing.next_hop(tried, {}, 0) == 1
    assert routing.next_hop(tried, dict.fromkeys(range(1, len(job.chain)), 9.0), 0) is None
    assert routing.next_hop(job, {}, job.deadline_at) is None


def test_no_hop_comes_after_a_failure_that_sends_the_job_nowhere_or_after_its_end() -> None:
    """
    Whoever comes back to a job finds what was decided before: a refused prompt is not tried elsewhere.
    """
    job = builders.make_job(builders.make_ports({}))
    refused = Attempt(1, 0, "google", "veo", "global", 0, 0, status="failed", error="moderation")

    assert routing.next_hop(replace(job, attempts=(refused,)), {}, 0) is None
    assert routing.next_hop(replace(job, status="canceled"), {}, 0) is None


@pytest.mark.parametrize("error", ERROR_CLASSES)
def test_the_route_says_which_failures_move_on(error: str) -> None:
    """
    What a target cannot carry always moves on; a caller's mistake and a refusal do not.
    """
    job = replace(builders.make_job(builders.make_ports({})), on=("capacity", "timeout"))

    moves = routing.moves_on(job, error)

    assert moves is (error in ("capacity", "timeout", "unsupported"))


def test_every_target_is_given_the_jobs_seed_unless_the_caller_named_one() -> None:
    """
    Whoever runs the job again gets the same picture.
    """
    ports = builders.make_ports({})
    job, named = builders.make_job(ports), builders.make_job(ports, seed=7)

    assert routing.arguments_of(ports.plan, job, job.chain[0]).arguments["seed"] == job.seed
    assert routing.arguments_of(ports.plan, named, named.chain[0]).arguments["seed"] == named.seed == 7


def test_a_target_that_knows_no_seed_is_given_none() -> None:
    """
    The seed that we made up is no hint of the caller, so nothing is noted as dropped.
    """
    ports = builders.make_ports({})
    job = builders.make_job(ports, "kling-3.0-pro")

    fit = routing.arguments_of(ports.plan, job, job.chain[0])

    assert ("seed" in fit.arguments, fit.dropped, fit.problems) == (False, (), {})


def cloud(region: str = "", *, only: str = "") -> list[str]:
    """Return the regions of a picture's and a clip's hops, or why they have none."""
    at = f", regions: [{only}]" if only else ""
    providers = f"version: 1\nproviders:\n  vertex: {{secret: v{at}}}\n"
    found = builders.plan_of("version: 1\n", providers)
    told: list[str] = []
    made = {"gemini-3-pro-image": "text_to_image", "veo-3.1-generate-001": "text_to_video"}
    for model, operation in made.items():
        chain = routing.hops_of(found, found.routes[f"vertex/{model}"], None, region)
        able, skipped = routing.eligible(found, asked(f"vertex/{model}"), operation, chain)
        told += [hop.region for hop in able] + [skip.reason for skip in skipped]
    return told


def test_a_model_is_asked_for_only_where_it_is_served() -> None:
    """
    Where nobody names a region, the nearest to the usual one; a region that is named is kept.
    """
    assert cloud() == ["global", "us"]
    assert cloud("us") == ["is not served in region 'us'", "us"]
    assert cloud(only="us, global") == ["global", "us"]
    assert cloud(only="eu") == ["is not served in region 'eu'"] * 2
