"""Replicate's predictions."""

from collections.abc import Callable
from typing import Any

import httpx

Wait = Callable[..., dict[str, Any]]
PRO = "/replicate/v1/models/black-forest-labs/flux-1.1-pro/predictions"
FOX = {"input": {"prompt": "a fox"}}


def ended(prediction: dict[str, Any]) -> bool:
    return bool(prediction["completed_at"])


def test_a_prediction_has_all_that_the_sdk_requires(sandbox: httpx.Client, wait_for: Wait) -> None:
    """
    Waiting changes nothing: it starts, and its own URL tells the rest.
    """
    made = sandbox.post(PRO, json=FOX, headers={"prefer": "wait"})
    done = wait_for(made.json()["urls"]["get"], ended)

    assert (made.status_code, made.json()["status"], made.json()["version"]) == (201, "starting", "hidden")
    assert (done["status"], done["input"], done["error"]) == ("succeeded", {"prompt": "a fox"}, None)
    assert sandbox.get("/replicate/v1/predictions").json()["results"] == [done]


def test_some_models_answer_a_url_and_others_a_list(
    sandbox: httpx.Client, wait_for: Wait, picture_size: Callable[[bytes], tuple[int, int]]
) -> None:
    """
    It is the model that decides, not the number of files.
    """
    community = {"version": "bytedance/sdxl-lightning-4step", **FOX}

    one = sandbox.post(PRO, json=FOX).json()
    listed = sandbox.post("/replicate/v1/predictions", json=community).json()
    outputs = [wait_for(made["urls"]["get"], ended)["output"] for made in (one, listed)]

    assert listed["model"] == "bytedance/sdxl-lightning-4step"
    assert (type(outputs[0]), type(outputs[1]), len(outputs[1])) == (str, list, 1)
    assert picture_size(sandbox.get(outputs[1][0]).content) == (1024, 1024)


def test_a_version_alone_is_described_and_run(sandbox: httpx.Client) -> None:
    """
    The SDK asks what a version is, and then names nothing else.
    """
    version = "a" * 64

    described = sandbox.get(f"/replicate/v1/models/fofr/sana/versions/{version}").json()
    made = sandbox.post("/replicate/v1/predictions", json={"version": version, **FOX}).json()

    assert (described["id"], made["version"], made["status"]) == (version, version, "starting")


def test_a_canceled_prediction_says_so(sandbox: httpx.Client) -> None:
    """
    The URL to cancel stands in the prediction.
    """
    made = sandbox.post(PRO, json=FOX).json()

    canceled = sandbox.post(made["urls"]["cancel"]).json()

    assert (canceled["status"], canceled["output"]) == ("canceled", None)


def test_a_wrong_input_is_named(sandbox: httpx.Client) -> None:
    """
    RFC 7807, with the field.
    """
    answer = sandbox.post(PRO, json={"input": {}})

    assert (answer.status_code, answer.json()["title"]) == (422, "Input validation failed")
    assert answer.json()["invalid_fields"][0]["field"] == "input.prompt"


def test_a_429_says_its_pause_in_the_body(sandbox: httpx.Client, break_: Callable[..., None]) -> None:
    """
    The pause is a number beside the words.
    """
    break_("replicate", "status", status=429, retry_after=3)

    answer = sandbox.post(PRO, json=FOX)

    assert (answer.status_code, answer.json()["retry_after"], answer.headers["retry-after"]) == (429, 3, "3")
