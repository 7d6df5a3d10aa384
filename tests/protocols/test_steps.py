"""What cases cannot say: lost starts, cancels, forms that somebody tries to break."""

from typing import Any

import pytest

from gateway.domain.outcome import Failure
from gateway.protocols import steps
from gateway.protocols.call import Call
from gateway.protocols.http import HttpRequest, HttpResponse
from tests import builders
from tests.fakes.clock import START
from tests.protocols import runner

KLING = {"model": "kling/kling-v3", "operation": "text_to_video", "given": {"prompt": "a fox"}}
MINE = {"task_id": "2", "task_status": "processing", "task_info": {"external_task_id": runner.REFERENCE}}
OTHERS = {"task_id": "1", "task_info": {"external_task_id": "gw_9-1"}}


def kling() -> Call:
    return runner.call_of(builders.shipped_plan(), KLING)


def found(answer: HttpResponse) -> dict[str, str] | Failure | None:
    call = kling()
    assert call.protocol.find
    return steps.found(call, call.protocol.find, answer)


def form_of(prompt: str) -> HttpRequest:
    plan = runner.house_cases()["forms"][0]
    case = {"model": "forms/core", "operation": "text_to_image", "given": {"prompt": prompt}}
    call = runner.call_of(plan, case)
    return steps.request(call, call.protocol.steps[0], {}, "k", START)


def test_the_list_of_tasks_is_asked_for_with_our_key() -> None:
    """
    The look for a lost start is a request like any other.
    """
    call = kling()
    assert call.protocol.find

    asked = steps.request(call, call.protocol.find.step, {}, "k-1", START)

    assert asked.url == "https://api-singapore.klingai.com/v1/videos/text2video?pageNum=1&pageSize=500"
    assert (asked.method, asked.body, asked.headers) == ("GET", None, {"Authorization": "Bearer k-1"})


def test_a_lost_start_is_found_by_our_own_reference() -> None:
    """
    What is found is what the answer of the start would have given.
    """
    answer = builders.answer({"code": 0, "data": [{"task_id": "0"}, OTHERS, MINE]})

    assert found(answer) == {"job": "2"}


def test_a_start_that_never_arrived_is_not_found() -> None:
    """
    Tasks of others, and tasks without any reference, are not taken for ours.
    """
    assert found(builders.answer({"code": 0, "data": [OTHERS]})) is None
    assert found(builders.answer({"code": 0, "data": []})) is None


@pytest.mark.parametrize(
    "answer",
    [
        builders.answer({"code": 5000, "message": "internal error"}, 500),
        builders.answer({"code": 1302, "message": "too frequent"}, 429),
        builders.answer({"code": 1302, "message": "too frequent", "data": None}),
        builders.answer({"code": 0, "message": "SUCCEED"}),
        HttpResponse(200, {}, b"<html>maintenance</html>"),
        HttpResponse(200, {}, b"[" * 200_000),
    ],
    ids=["server error", "rate limit", "refusal as 200", "no list", "no JSON", "too deep"],
)
def test_a_list_that_could_not_be_read_does_not_say_that_nothing_started(answer: HttpResponse) -> None:
    """
    Only a list that was read may say "not there"; else a billable start would be sent twice.
    """
    assert isinstance(found(answer), Failure)


@pytest.mark.parametrize(
    ("case", "kept", "wanted"),
    [
        (
            {"model": "fal/fal-ai/veo3.1", "operation": "text_to_video", "given": {"prompt": "x"}},
            {"cancel_url": "https://queue.fal.run/fal-ai/veo3.1/requests/r-1/cancel"},
            ("PUT", "https://queue.fal.run/fal-ai/veo3.1/requests/r-1/cancel"),
        ),
        (
            {"model": "runway/gen4.5", "operation": "text_to_video", "given": {"prompt": "x"}},
            {"job": "t-1"},
            ("DELETE", "https://api.dev.runwayml.com/v1/tasks/t-1"),
        ),
    ],
    ids=["fal", "runway"],
)
def test_a_cancel_names_the_job_and_sends_no_body(
    case: dict[str, Any], kept: dict[str, str], wanted: tuple[str, str]
) -> None:
    """
    A provider that can stop a job is asked by its own call.
    """
    call = runner.call_of(builders.shipped_plan(), case)
    assert call.protocol.cancel

    asked = steps.request(call, call.protocol.cancel, kept, "k-1", START)

    assert (asked.method, asked.url, asked.body) == (*wanted, None)


def test_a_cancel_with_a_body_says_nothing_of_the_prompt() -> None:
    """
    What was asked for goes into what begins a job, and nowhere else.
    """
    case = {"model": "vidu/viduq2", "operation": "text_to_video", "given": {"prompt": "a fox"}}
    call = runner.call_of(builders.catalog_plan(), case)
    assert call.protocol.cancel

    asked = steps.request(call, call.protocol.cancel, {"job": "t-1"}, "k-1", START)

    assert asked.body == b'{"id":"t-1"}'


def test_a_prompt_cannot_add_fields_to_a_form() -> None:
    """
    Whatever a caller writes stays in its field, or it would get round the checks and the price.
    """
    seen = form_of("a fox").headers["content-type"].partition("boundary=")[2]
    prompt = f'a fox\r\n--{seen}\r\nContent-Disposition: form-data; name="model"\r\n\r\ndearest'

    assert runner.fields(form_of(prompt)) == {"prompt": prompt}


def test_a_call_does_not_show_its_arguments_in_a_log() -> None:
    """
    A printed call has no prompt.
    """
    assert "fox" not in repr(kling())
