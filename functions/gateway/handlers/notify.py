"""Workflow step: tell a webhook how a job ended. Its role is almost empty, because the URL is a caller's."""

from typing import Any

import msgspec

from gateway.domain import view, webhook
from gateway.handlers import _wiring
from gateway.handlers._job import job_of, told

# Pauses before the second try and the ones after it.
PAUSES_S = (5, 300, 1800, 7200)
TRY_S = 20

_ports = _wiring.the_ports()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Deliver once; answer ``done``, or ``again`` with the pause before the next try."""
    job, tried = job_of(_ports, event), int(event.get("try") or 0)
    root = _wiring.link_secret()
    document = view.job_document(job, job.base_url, _wiring.link_secret)
    kind = f"job.{job.status}"
    body = msgspec.json.encode(
        {
            "type": kind,
            "timestamp": document["finished_at"],
            "event": kind,
            "id": job.id,
            "output_url": document["output_url"],
            "data": document,
        }
    )
    signed = webhook.headers(f"msg_{job.id}", _ports.now(), body, webhook.secret_of(job.key_id, root))
    answered = _ports.egress.post(job.webhook_url, signed, body, TRY_S).status
    delivered = 200 <= answered < 300
    if delivered or answered == 410 or tried >= len(PAUSES_S):
        return told("notify", event, {"outcome": "done", "answered": answered})
    return told("notify", event, {"outcome": "again", "after_s": PAUSES_S[tried], "answered": answered})
