"""What the headers of an answer tell of its job: who served it, what it cost, what of the time was ours."""

from gateway.domain import pricing, view
from gateway.domain.job import Job


def headers_of(job: Job, now: float) -> dict[str, str]:
    """Return the headers of an answer that a job is behind."""
    headers = {"x-sluice-job": job.id, "x-request-id": job.id, "x-sluice-attempts": str(len(job.attempts))}
    if job.attempts:
        headers["x-sluice-provider"] = job.attempt.provider
        busy_ms = sum(
            round(((a.finished_at or now) - (a.started_at or a.reserved_at)) * 1000) for a in job.attempts
        )
        spent_ms = round(((job.finished_at or now) - job.created_at) * 1000)
        headers["x-sluice-overhead-ms"] = str(max(0, spent_ms - busy_ms))
    micros = view.cost_micros(job)
    if job.ended and micros is not None:
        headers["x-sluice-cost-usd"] = pricing.usd(micros)
    return headers
