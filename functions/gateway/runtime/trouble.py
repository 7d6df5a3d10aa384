"""What went wrong, told twice: all of it to the log, and to whoever called only what kind it was."""

import json
import sys
import traceback
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error as the Runtime API takes it; its message has nothing of the request."""

    kind: str
    message: str

    def document(self) -> bytes:
        """Write it as the Runtime API's JSON."""
        return json.dumps({"errorType": self.kind, "errorMessage": self.message, "stackTrace": []}).encode()


def told(what: str, error: BaseException, request_id: str = "") -> Trouble:
    """Log an error with the places that it came through, without its text: that may quote the request."""
    kind = type(error).__name__
    frames = [line.strip() for line in traceback.format_tb(error.__traceback__)]
    log("ERROR", what, request_id, error=kind, trace=frames)
    return Trouble(kind, f"{what}; the log says where")


def log(level: str, message: str, request_id: str = "", **facts: object) -> None:
    """Write one line of log, as JSON."""
    line = {"level": level, "message": message, "function_request_id": request_id or None, **facts}
    print(json.dumps(line), file=sys.stdout, flush=True)  # noqa: T201  # Lambda's log is what is printed
