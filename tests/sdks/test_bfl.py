"""Black Forest Labs' own client: pictures as tasks, looked for at the address that the start named."""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.probe import picture_size

Break = Callable[..., None]


@pytest.fixture(scope="module")
def bfl(server: str) -> Iterator[Any]:
    """
    Yield the SDK's client as it comes, but for its base URL, whose path has to end with a slash.
    """
    with warnings.catch_warnings(action="ignore"):  # its types are written for an older pydantic
        import blackforest
    client = blackforest.BFLClient(api_key="key")
    client.base_url = f"{server}/bfl/"
    with client.session:
        yield client


@pytest.fixture(scope="module")
def waits(bfl: Any) -> Any:
    """
    Return what makes the SDK wait for the result.
    """
    from blackforest.types.general.client_config import ClientConfig

    return ClientConfig(sync=True, polling_interval=0.1)


def test_a_picture_is_waited_for(bfl: Any, waits: Any, client: httpx.Client) -> None:
    """
    The SDK's own loop ends with a link to a file of the size that was asked for.
    """
    done = bfl.generate("flux-pro-1.1", {"prompt": "a red fox", "width": 512, "height": 768}, waits)

    assert picture_size(client.get(done.result["sample"]).content) == (512, 768)
    assert done.result["prompt"] == "a red fox"


def test_a_picture_is_changed(
    bfl: Any, waits: Any, client: httpx.Client, photo: bytes, tmp_path: Path
) -> None:
    """
    The SDK sends the file's bytes in base64.
    """
    (tmp_path / "fox.png").write_bytes(photo)
    asked = {"prompt": "at night", "input_image": str(tmp_path / "fox.png"), "aspect_ratio": "1:1"}

    done = bfl.generate("flux-kontext-pro", asked, waits)

    assert picture_size(client.get(done.result["sample"]).content) == (1024, 1024)


@pytest.mark.parametrize(
    ("fault", "on", "status"),
    [
        ("fail_after_accept", "submit", "Error"),
        ("moderation", "submit", "Request Moderated"),
        ("moderation", "job", "Content Moderated"),
    ],
)
def test_a_task_without_a_picture_has_a_status(
    bfl: Any, break_: Break, fault: str, on: str, status: str
) -> None:
    """
    The SDK finds it where it looks for the state of all tasks.
    """
    break_("bfl", fault, on=on)
    begun = bfl.generate("flux-pro-1.1-ultra", {"prompt": "a red fox"})

    while (task := bfl.get_task_status(begun.id)).status in ("Pending", "Task not found"):
        pass

    assert (task.status, task.result) == (status, None)


@pytest.mark.parametrize("status", [402, 403, 422, 429, 503])
def test_a_refusal_is_the_sdks_error(bfl: Any, break_: Break, status: int) -> None:
    """
    No credits, a bad key, a bad input, a limit, an outage: the SDK tells the status.
    """
    break_("bfl", "status", status=status)

    with pytest.raises(Exception, match=f"^API request failed: {status} "):
        bfl.generate("flux-pro-1.1", {"prompt": "a red fox"})
