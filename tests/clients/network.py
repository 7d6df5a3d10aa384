"""A network between a client and the gateway, which notes what passed, and may spoil the first answer."""

import httpx


class Network(httpx.HTTPTransport):
    """Pass calls on.

    Args:
        first: what somebody in between answers to the first call.
        loses: whether the answer to the first call is lost on its way.
    """

    def __init__(self, first: httpx.Response | None = None, *, loses: bool = False) -> None:
        super().__init__()
        self._first, self._loses = first, loses
        self.tries, self.jobs = 0, list[str]()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass a call on."""
        self.tries += 1
        if self.tries == 1 and self._first:
            return self._first
        answer = super().handle_request(request)
        self.jobs.append(answer.headers.get("x-sluice-job", ""))
        if self.tries == 1 and self._loses:
            answer.read()
            raise httpx.ReadTimeout("the answer was lost", request=request)
        return answer


def busy() -> httpx.Response:
    """Say that there is room in a moment, as the gateway does."""
    body = {"error": {"message": "slow down", "code": "rate_limited"}}
    return httpx.Response(429, json=body, headers={"retry-after-ms": "50"})
