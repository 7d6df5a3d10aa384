"""A target that fails again and again is passed over while another is left, and tried again by one call."""

from gateway.domain.circuit import FAILURES, OPEN_S
from gateway.flow import health
from gateway.flow.ports import Ports
from tests.builders import make_job, make_ports, plan_of
from tests.flow import steps
from tests.flow.steps import run_workflow
from tests.flow.test_chain import LONG

ALONE = "version: 1\nmodels: {veo: {operations: [text_to_video], targets: [google/veo-3.1-generate-001]}}"
GOOGLE = {"POST :predictLongRunning": [steps.FAILED_503]}


def broken(ports: Ports) -> None:
    """Let Google fail often enough."""
    for _ in range(FAILURES):
        run_workflow(ports, make_job(ports, "veo"))


def test_an_open_target_is_passed_over_and_the_trace_says_so() -> None:
    """After five failures in a row nobody waits for Google any more."""
    ports = make_ports({**GOOGLE, **steps.fal_works()}, plan_of(LONG))
    for _ in range(FAILURES):
        ports.circuits.failed("google/veo-3.1-generate-001#global", ports.now())

    ended = run_workflow(ports, make_job(ports, "veo"))

    assert [attempt.provider for attempt in ended.attempts] == ["fal"]
    assert "left alone for now" in next(skip.reason for skip in ended.skipped if skip.provider == "google")
    assert not any("google" in sent.url for sent in ports.wire.sent)  # type: ignore[attr-defined]


def test_after_its_time_one_call_tries_it_and_a_success_closes_it() -> None:
    """Google is back: the next job goes there again."""
    ports = make_ports({**steps.veo_works(), **steps.fal_works()}, plan_of(LONG))
    ports.wire.script["POST :predictLongRunning"] = [steps.FAILED_503] * FAILURES + [steps.VEO_ACCEPTED]  # type: ignore[attr-defined]
    broken(ports)
    ports.sleep(OPEN_S + 1)

    ended = run_workflow(ports, make_job(ports, "veo"))

    assert [attempt.provider for attempt in ended.attempts] == ["google"]
    google = next(
        line for line in health.targets(ports) if line["provider"] == "google" and "3.1-gen" in line["model"]
    )
    assert (google["circuit"], google["next_probe_at"]) == ("closed", None)


def test_the_last_target_is_tried_even_when_it_is_open() -> None:
    """A job is not failed unheard because others failed before it."""
    ports = make_ports({**GOOGLE}, plan_of(ALONE))
    broken(ports)

    ended = run_workflow(ports, make_job(ports, "veo"))

    assert {attempt.circuit for attempt in ended.attempts} == {"open"}


def test_health_has_a_line_for_each_region_in_use() -> None:
    """Those that the provider lists, or the one that the route names, also for its fallback."""
    providers = "version: 1\nproviders: {openai: {secret: o}, elevenlabs: {secret: e, regions: [us, eu]}}"
    routes = """
version: 1
expose: listed
models:
  anywhere: {operations: [speech], targets: [elevenlabs/eleven_v4]}
  pinned: {operations: [speech], targets: [elevenlabs/eleven_v3, openai/tts-1], region: eu, fallback: [other]}
  other: {operations: [speech], targets: [elevenlabs/eleven_flash_v2_5], region: us}
"""
    ports = make_ports({}, plan_of(routes, providers))

    lines = [(line["model"], line["region"]) for line in health.targets(ports)]

    assert lines == [
        ("eleven_flash_v2_5", "eu"),
        ("eleven_flash_v2_5", "us"),
        ("eleven_v3", "eu"),
        ("eleven_v4", "eu"),
        ("eleven_v4", "us"),
    ]


def test_a_refused_prompt_opens_nothing() -> None:
    """Moderation says something about the prompt, not about the target."""
    refused = steps.answer(
        {"done": True, "response": {"generateVideoResponse": {"raiMediaFilteredReasons": ["x"]}}}
    )
    script = {"POST :predictLongRunning": [steps.VEO_ACCEPTED], "GET operations/op-1": [refused]}
    ports = make_ports(script, plan_of(LONG))

    broken(ports)

    assert {line["circuit"] for line in health.targets(ports)} == {"closed"}
