"""Why a job that somebody waits for brings nothing, as the HTTP answer that its clients understand."""

from gateway.domain.job import Job
from gateway.errors import JobFailed

# Code of a failed job -> status. What is not here is 502: somebody behind us failed.
_STATUS = {
    "invalid_request": 400,
    "input_unreachable": 400,
    "moderation": 400,
    "provider_unsupported": 400,
    "provider_capacity": 503,
    "no_slot": 503,
    "provider_timeout": 504,
    "internal_error": 500,
}


def of(job: Job) -> JobFailed:
    """Return the error of a job that ended without a result.

    Clients are told not to try by themselves: the whole chain was tried, and some of it may have been billed.
    """
    if job.status == "canceled":
        return _failed(job, 409, "canceled", "it was canceled while this call waited for it.")
    status = 504 if job.status == "expired" else _STATUS.get(job.error_code, 502)
    return _failed(job, status, job.error_code, job.error_message)


def late(job: Job, waited_s: float, *, again: bool) -> JobFailed:
    """Return the error of a job that goes on while its caller's time is over.

    Args:
        again: whether a client that sends the same call once more gets this job, and not another one.
    """
    message = (
        f"{job.model!r} was not done within {waited_s:.0f} s; the job goes on. "
        f"GET /v1/jobs/{job.id} has the result when it is there."
    )
    return _failed(job, 504, "timeout", message, again=again)


def too_large(job: Job, most_bytes: int) -> JobFailed:
    """Return the error of a result that is there, and too large for an answer."""
    size = sum(output.bytes for output in job.outputs)
    message = (
        f"the files have {size} bytes, and {most_bytes} are the most inside an answer. They are kept: "
        f"GET /v1/jobs/{job.id} has their links, as has every call with 'response_format' 'url'."
    )
    return _failed(job, 413, "answer_too_large", message)


def _failed(job: Job, status: int, code: str, message: str, *, again: bool = False) -> JobFailed:
    # Source: openai 2.54.0, _base_client._should_retry, read 2026-11-25: this header is looked at first.
    headers = {"x-should-retry": "true" if again else "false"}
    return JobFailed(status, message, code=code, retryable=again, job_id=job.id, headers=headers)
