"""Pictures: ``/v1/images/generations`` and ``/v1/images/edits``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.domain import pricing, view
from gateway.domain.job import Job
from gateway.domain.openai import field

NAMES = {"output_format": "format", "user": "customer_id"}
# Meters of tokens -> where OpenAI's usage tells them.
_TEXT, _IMAGE, _OUTPUT = "input_text_token", "input_image_token", "output_image_token"


@dataclass(frozen=True, slots=True)
class Asked:
    """A call in our words.

    Args:
        body: as that of ``POST /v1/{model}``.
        inline: whether the answer shall hold the files themselves.
    """

    body: dict[str, Any]
    inline: bool


def read(given: Mapping[str, Any]) -> Asked:
    """Read a call.

    Raises:
        InvalidRequest: it asks for a stream, or for an answer in a form that there is not.
    """
    found = field.renamed(given, NAMES)
    if found.pop("stream", False) or found.pop("partial_images", 0):
        raise field.wrong("stream", "pictures are not streamed here; leave it out, and 'partial_images' too")
    inline = field.one_of(found, "response_format", ("url", "b64_json")) == "b64_json"
    return Asked(found, inline)


def with_files(body: Mapping[str, Any], references: Sequence[str]) -> dict[str, Any]:
    """Put the pictures of an edit where our models take them: the first by itself, the others as a list.

    Args:
        references: the files that came along; before them come those that the call names.
    """
    named = body.get("image") or []
    pictures = [*(named if isinstance(named, list) else [named]), *references]
    first, others = pictures[0], pictures[1:]
    return {**body, "image": first} | ({"images": others} if others else {})


def document(job: Job, files: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Write a finished job as OpenAI's answer.

    Args:
        files: for each output its ``url`` or ``b64_json``.
    """
    first = job.outputs[0]
    said: dict[str, Any] = {name: job.input[name] for name in ("background", "quality") if name in job.input}
    return {
        "created": int(job.finished_at or job.created_at),
        "data": list(files),
        **said,
        "output_format": first.content_type.partition("/")[2],
        "size": f"{first.width}x{first.height}" if first.width else None,
        "usage": usage(job),
    }


def usage(job: Job) -> dict[str, Any]:
    """Return the tokens that the provider counted, where it counts any, and the cost in US dollars."""
    micros, counted = view.cost_micros(job), job.attempt.usage
    cost = {"cost": None if micros is None else float(pricing.usd(micros))}
    if not counted.keys() & {_TEXT, _IMAGE, _OUTPUT}:
        return cost
    text, image, output = (int(counted.get(meter, 0)) for meter in (_TEXT, _IMAGE, _OUTPUT))
    return {
        "input_tokens": text + image,
        "input_tokens_details": {"text_tokens": text, "image_tokens": image},
        "output_tokens": output,
        "total_tokens": text + image + output,
        **cost,
    }
