"""Black Forest Labs' tasks."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Wait = Callable[..., dict[str, Any]]
Break = Callable[..., None]
ULTRA = "/bfl/v1/flux-pro-1.1-ultra"


def ready(result: dict[str, Any]) -> bool:
    return bool(result["status"] == "Ready")


def test_a_task_is_polled_at_the_address_that_was_named(
    server: str, sandbox: httpx.Client, wait_for: Wait, picture_size: Callable[[bytes], tuple[int, int]]
) -> None:
    """
    It is not found at first, and ends with a sample.
    """
    made = sandbox.post(ULTRA, json={"prompt": "a fox", "aspect_ratio": "1:1"}).json()
    first = sandbox.get(made["polling_url"])
    done = wait_for(made["polling_url"], ready)

    assert made == {"id": made["id"], "polling_url": f"{server}/bfl/v1/get_result?id={made['id']}", "cost": 6}
    assert (first.status_code, first.json()["status"] in ("Task not found", "Pending")) == (200, True)
    assert picture_size(sandbox.get(done["result"]["sample"]).content) == (1024, 1024)


@pytest.mark.parametrize(("on", "status"), [("submit", "Request Moderated"), ("job", "Content Moderated")])
def test_a_refusal_is_a_status(
    sandbox: httpx.Client, break_: Break, wait_for: Wait, on: str, status: str
) -> None:
    """
    What was asked and what was made are refused under different names.
    """
    break_("bfl", "moderation", on=on)

    made = sandbox.post(ULTRA, json={"prompt": "a fox"}).json()

    assert wait_for(made["polling_url"], lambda result: result["status"] == status)["result"] is None


def test_an_unknown_task_has_a_status_of_its_own(sandbox: httpx.Client) -> None:
    """
    It looks like a task that was just made.
    """
    answer = sandbox.get("/bfl/v1/get_result", params={"id": "t-1"})

    assert (answer.status_code, answer.json()["status"]) == (200, "Task not found")


def test_edges_are_multiples_of_32(sandbox: httpx.Client) -> None:
    """
    Any other edge is refused by its name.
    """
    answer = sandbox.post("/bfl/v1/flux-pro-1.1", json={"prompt": "a fox", "width": 1000})

    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "width"])
