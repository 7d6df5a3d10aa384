"""What can go wrong, as a caller tells it apart.

SluiceError           the gateway refused a call or broke off: status, code, param, retryable, job_id
├── JobFailed         a job ended without a result; ``job`` is all that is known of it
├── WaitTimedOut      it has not ended in the time that its caller gave it; it goes on
└── Unreachable       no answer came, as often as it was tried, or it broke off
WebhookInvalid        a message that the gateway did not sign, or not now
"""

from sluice_client.types import Job


class SluiceError(Exception):
    """Carry what the gateway says: ``code`` is stable, the text is for people."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int | None = None,
        param: str | None = None,
        retryable: bool = False,
        job_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.param = param
        self.retryable = retryable
        self.job_id = job_id


class JobFailed(SluiceError):
    """A job ended as ``failed``, ``canceled`` or ``expired``."""

    def __init__(self, job: Job) -> None:
        error = job["error"] or {"code": job["status"], "message": "no reason was given", "retryable": False}
        super().__init__(
            f"{job['id']} {job['status']}: {error['message']}",
            code=error["code"],
            retryable=error["retryable"],
            job_id=job["id"],
        )
        self.job = job


class WaitTimedOut(SluiceError):
    """The job goes on; ``job_id`` finds it again."""


class Unreachable(SluiceError):
    """The connection failed; a call that was sent again is known by its idempotency key."""


class WebhookInvalid(Exception):
    """Do not act on this message."""
