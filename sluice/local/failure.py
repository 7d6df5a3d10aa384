"""What the edge answers by itself, in the form of all our errors."""

from starlette.responses import JSONResponse


def failure(
    status: int, code: str, message: str, kind: str = "server_error", *, retryable: bool = True
) -> JSONResponse:
    """Tell a caller what it might try again."""
    error = {
        "code": code,
        "message": message,
        "type": kind,
        "param": None,
        "retryable": retryable,
        "job_id": None,
    }
    return JSONResponse({"error": error}, status)
