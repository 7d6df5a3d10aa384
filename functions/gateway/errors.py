"""What can go wrong, grouped by who can mend it.

GatewayError            status, code, retryable; ``str()`` is safe to show a caller
├── JobFailed           the job's own status  all_targets_failed, moderation, timeout, canceled, ...
├── CallerError         the request must change
│   ├── InvalidRequest      400  invalid_json, invalid_header, invalid_url, invalid_input, ...
│   ├── Forbidden           403  not_allowed, link_invalid
│   ├── NotFound            404  model_not_found, job_not_found, batch_not_found, path_not_found, ...
│   ├── Clash               409  too_late, not_ended, no_receiver, webhook_disabled, too_many_webhooks, ...
│   ├── Gone                410  link_expired, target_gone
│   ├── TooLarge            413  body_too_large
│   └── RateLimited         429  pool_full, rate_limited, too_many_jobs
└── OurError            500  internal_error

Conflict                somebody else wrote the job in between; the flow reads it again, callers never see it
Changed                 a batch's file is gone or another; the flow says so in the batch

A provider's failure is no exception: it is a value (``domain.outcome``), because the chain decides on it.
Only the end of a chain is one, where a caller waits for the answer itself.
"""

from typing import Any


class GatewayError(Exception):
    """Carry what a client is told; handlers map by these attributes, never by class."""

    status = 500
    kind = "server_error"

    def __init__(
        self,
        message: str,
        *,
        code: str,
        param: str | None = None,
        retryable: bool = False,
        headers: dict[str, str] | None = None,
        job_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.param = param
        self.retryable = retryable
        self.headers = headers or {}
        self.job_id = job_id

    def body(self) -> dict[str, dict[str, object]]:
        """Return the error in the one form that all our answers use, which OpenAI clients understand."""
        return {
            "error": {
                "code": self.code,
                "message": str(self),
                "type": self.kind,
                "param": self.param,
                "retryable": self.retryable,
                "job_id": self.job_id,
            }
        }


class CallerError(GatewayError):
    """The caller can mend it."""

    status = 400
    kind = "invalid_request_error"


class InvalidRequest(CallerError):
    """The body, a header or a parameter is not what the model takes."""


class Forbidden(CallerError):
    """The key or link is known, and not good for this."""

    status = 403
    kind = "permission_error"


class NotFound(CallerError):
    """Nothing has that name here."""

    status = 404


class Clash(CallerError):
    """It contradicts what has happened already."""

    status = 409


class Gone(CallerError):
    """It was here once, and its time has run out."""

    status = 410


class TooLarge(CallerError):
    """More bytes than this call takes."""

    status = 413


class RateLimited(CallerError):
    """Try again after its ``retry-after`` header; that retry will find a place."""

    status = 429
    kind = "rate_limit_error"


class JobFailed(GatewayError):
    """A call waited for a job that brought nothing, or nothing yet; the job says why."""

    def __init__(self, status: int, message: str, **about: Any) -> None:
        super().__init__(message, **about)
        self.status = status
        self.kind = "invalid_request_error" if status < 500 else "server_error"


class OurError(GatewayError):
    """Nobody outside can mend it; the log has the details."""


class DestinationRefused(Exception):
    """A customer's bucket, or the role that leads there, says no; the text says to what."""


class Conflict(Exception):
    """Somebody else wrote the job in between: read it again."""


class Changed(Exception):
    """A batch's file is not the one that was read first, or is there no more."""
