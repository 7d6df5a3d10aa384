"""What every answer to a caller has in common: errors in our form, and the headers that all of them carry."""

import time
from collections.abc import Callable
from typing import TypeVar

from gateway.errors import GatewayError, OurError
from gateway.handlers import _wiring
from gateway.handlers._call import Event, Reply
from gateway.handlers._reply import Streamed, refusal

Answer = TypeVar("Answer", Reply, Reply | Streamed)


def guarded(event: Event, plan_hash: str, call: Callable[[Event], Answer]) -> Answer:
    """Answer a call, whatever comes: what we do not expect is logged, and told as an internal error."""
    began = time.monotonic()
    try:
        answer = call(event)
    except GatewayError as error:
        answer = refusal(error)
    except Exception as error:
        shape = f"{event.get('httpMethod')} {event.get('resource')}"
        _wiring.logger.error("a request failed", path=shape, error=type(error).__name__, exc_info=True)
        unknown = OurError("something broke here; it is in the log.", code="internal_error", retryable=True)
        answer = refusal(unknown)
    headers = answer.headers if isinstance(answer, Streamed) else answer["headers"]
    headers["x-sluice-plan"] = plan_hash
    headers.setdefault("x-request-id", str(event["requestContext"].get("requestId", "")))
    headers.setdefault("x-sluice-overhead-ms", str(round((time.monotonic() - began) * 1000)))
    return answer
