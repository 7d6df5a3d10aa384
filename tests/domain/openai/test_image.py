"""OpenAI's pictures in our words and back."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.job import Artifact, Attempt, CostLine, Job
from gateway.domain.openai import image
from gateway.errors import InvalidRequest
from tests.builders import make_job, make_ports

TOKENS = {"input_text_token": 12, "input_image_token": 300, "output_image_token": 1000}


def finished(usage: dict[str, int] | None = None, **changes: Any) -> Job:
    """A job with one picture."""
    job = make_job(make_ports({}), "gpt-image", quality="low")
    attempt = Attempt(1, 0, "openai", "gpt-image-2", "global", 0, 0, usage=usage or {})
    file = Artifact("r30/a.webp", "image/webp", 9, "0" * 64, 1024, 768)
    line = CostLine("output_image_token", 1000, 30_000_000, 1_000_000, 30_000, "catalogue")
    done: dict[str, Any] = {"status": "succeeded", "finished_at": 1_790_000_007.9, "lines": (line,)}
    return replace(job, attempts=(attempt,), outputs=(file,), **done | changes)


def test_a_call_is_read_in_our_words() -> None:
    """Names that differ are ours then; what is left to the model is left out; the rest stays."""
    asked = image.read(
        {
            "model": "m",
            "prompt": "a fox",
            "output_format": "webp",
            "user": "7",
            "size": "auto",
            "background": None,
            "seed": 3,
            "stream": False,
            "response_format": "b64_json",
        }
    )

    assert asked.body == {"model": "m", "prompt": "a fox", "format": "webp", "customer_id": "7", "seed": 3}
    assert asked.inline


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"stream": True}, "stream: pictures are not streamed here"),
        ({"partial_images": 2}, "stream: pictures are not streamed here"),
        ({"response_format": "tiff"}, "response_format: must be one of 'url', 'b64_json', not 'tiff'"),
        (
            {"response_format": ["url"]},
            "response_format: must be one of 'url', 'b64_json', not what was given",
        ),
        ({"output_format": "png", "format": "webp"}, "format: says what 'format' says as well"),
    ],
)
def test_what_cannot_be_answered_is_refused(given: dict[str, Any], problem: str) -> None:
    """Before anything is started."""
    with pytest.raises(InvalidRequest, match=f"^{problem}"):
        image.read(given)


def test_files_follow_what_the_call_names() -> None:
    """The first is the picture, the others go along with it."""
    assert image.with_files({"image": "upl_1"}, ["upl_2", "upl_3"]) == {
        "image": "upl_1",
        "images": ["upl_2", "upl_3"],
    }
    assert image.with_files({"image": ["upl_1"]}, []) == {"image": "upl_1"}


def test_an_answer_says_what_was_made_and_what_it_cost() -> None:
    """Its facts are those of the file, not of the wish."""
    written = image.document(finished(TOKENS), [{"url": "https://x"}])

    assert written == {
        "created": 1_790_000_007,
        "data": [{"url": "https://x"}],
        "quality": "low",
        "output_format": "webp",
        "size": "1024x768",
        "usage": {
            "input_tokens": 312,
            "input_tokens_details": {"text_tokens": 12, "image_tokens": 300},
            "output_tokens": 1000,
            "total_tokens": 1312,
            "cost": 0.03,
        },
    }


def test_no_tokens_and_no_price_are_not_told_as_zero() -> None:
    """What nobody counted is absent."""
    assert image.usage(finished()) == {"cost": 0.03}
    assert image.usage(finished(priced=False)) == {"cost": None}
