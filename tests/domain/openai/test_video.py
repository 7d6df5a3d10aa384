"""OpenAI's films in our words and back."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.job import Artifact, Job
from gateway.domain.openai import video
from gateway.errors import GatewayError, InvalidRequest
from tests.builders import make_job, make_ports

FILM = Artifact("r30/a.mp4", "video/mp4", 9, "0" * 64, 1280, 720, 8.0)


def film(**changes: Any) -> Job:
    """A job for a film."""
    return replace(make_job(make_ports({}), duration=8), **changes)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"seconds": "8"}, {"duration": 8}),
        ({"seconds": 2.5, "size": "1280x720"}, {"duration": 2.5, "size": "1280x720"}),
        ({"input_reference": {"image_url": "https://x/a.png"}}, {"image": "https://x/a.png"}),
        ({"input_reference": {"file_id": "upl_1"}}, {"image": "upl_1"}),
        ({"input_reference": "upl_1", "user": "7"}, {"image": "upl_1", "customer_id": "7"}),
    ],
)
def test_a_call_is_read_in_our_words(given: dict[str, Any], read: dict[str, Any]) -> None:
    """Seconds come as texts; a reference as a file, a URL or an upload."""
    assert video.read(given) == read


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"seconds": "long"}, "seconds: must be a number of seconds"),
        ({"seconds": "inf"}, "seconds: must be a number of seconds"),
        ({"input_reference": {}}, "input_reference: must be a file"),
        ({"input_reference": {"image_url": "a", "file_id": "b"}}, "input_reference: must be a file"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], problem: str) -> None:
    """With OpenAI's name for it."""
    with pytest.raises(InvalidRequest, match=f"^{problem}"):
        video.read(given)


@pytest.mark.parametrize(
    ("changes", "status", "progress", "error"),
    [
        ({}, "queued", 0, None),
        ({"status": "running", "progress": 0.456}, "in_progress", 46, None),
        ({"status": "delivering", "progress": 1.0}, "in_progress", 99, None),
        ({"status": "succeeded", "outputs": (FILM,)}, "completed", 100, None),
        ({"status": "failed", "error_code": "moderation", "error_message": "no"}, "failed", 0, "moderation"),
        ({"status": "expired", "error_code": "no_slot"}, "failed", 0, "no_slot"),
        ({"status": "canceled"}, "failed", 0, "canceled"),
    ],
)
def test_a_film_goes_through_openais_states(
    changes: dict[str, Any], status: str, progress: int, error: str | None
) -> None:
    """Four of them; progress is only whole at the end."""
    written = video.document(film(**changes))

    assert (written["status"], written["progress"]) == (status, progress)
    assert (written["error"] or {}).get("code") == error


def test_a_film_tells_its_own_length_and_size() -> None:
    """And when its file is taken away."""
    written = video.document(film(status="succeeded", outputs=(FILM,), finished_at=1000.0, retention_days=2))

    assert (written["seconds"], written["size"]) == ("8", "1280x720")
    assert (written["completed_at"], written["expires_at"]) == (1000, 1000 + 2 * 86400)
    assert video.document(film())["seconds"] == "8"


@pytest.mark.parametrize(
    ("changes", "variant", "status", "code"),
    [
        ({"status": "running"}, "", 409, "not_ended"),
        ({"status": "failed"}, "", 404, "video_not_found"),
        ({"status": "succeeded", "outputs": (FILM,)}, "thumbnail", 400, "invalid_parameter"),
    ],
)
def test_content_that_is_not_there_is_told(
    changes: dict[str, Any], variant: str, status: int, code: str
) -> None:
    """A client is not told to try again by itself."""
    with pytest.raises(GatewayError) as refused:
        video.content_of(film(**changes), variant)

    assert (refused.value.status, refused.value.code) == (status, code)


def test_content_is_the_films_file() -> None:
    """Under its own key."""
    assert video.content_of(film(status="succeeded", outputs=(FILM,)), "video") == "r30/a.mp4"
