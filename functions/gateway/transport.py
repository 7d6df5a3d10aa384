"""The wire to providers: sends a request, streams a file; each in its deadline. To strangers goes ``guard``.

urllib3, because botocore has loaded it already: another client would double the function's start-up time.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, TimeoutError

from gateway.domain.outcome import Failure
from gateway.protocols.http import HttpRequest, HttpResponse, HttpStream, Stalled

ANSWER_BYTES = 64 * 1024 * 1024
CHUNK_BYTES = 1024 * 1024
CONNECT_S = 10
# Servers close a connection that stood idle, commonly after 5 s. A request that meets the closing is lost,
# and nobody can tell whether it was read.
IDLE_S = 4
REDIRECTS = 3
RANGE_HEADERS = ("range", "if-range")


class Transport:
    """One connection pool for a function's life.

    Args:
        idle_s: a connection that stood idle for longer is not used again.
    """

    def __init__(self, idle_s: float = IDLE_S) -> None:
        self._pool = urllib3.PoolManager(retries=False)
        self._idle_s = idle_s
        self._used_s: dict[str, float] = {}

    def send(self, request: HttpRequest, deadline_s: float) -> HttpResponse | Failure:
        """Send a request and return the whole answer, or why there is none."""
        late = Failure("timeout", "timeout", f"no answer within {deadline_s:g} s")
        ends_at = time.monotonic() + deadline_s
        try:
            with self._open(request, deadline_s) as response:
                body = bytearray()
                for chunk in response.stream(CHUNK_BYTES):
                    body += chunk
                    if len(body) > ANSWER_BYTES:
                        return Failure("transient", "too_large", f"the answer is above {ANSWER_BYTES} bytes")
                    if time.monotonic() > ends_at:
                        return late
                return HttpResponse(response.status, _headers(response), bytes(body))
        except TimeoutError:
            return late
        except HTTPError as error:
            return Failure("transient", "connection", f"the connection failed: {type(error).__name__}")

    @contextmanager
    def stream(self, request: HttpRequest, deadline_s: float) -> Iterator[HttpStream]:
        """Open a file. Its pieces come as they arrive, so that whoever reads can stop between any two.

        At most three redirects, and no key leaves its host.

        Raises:
            ConnectionError: the connection failed, then or in the middle (``Stalled``: it fell silent).
        """
        try:
            for _ in range(REDIRECTS + 1):
                with self._open(request, deadline_s) as response:
                    location = response.get_redirect_location()
                    if not location:
                        yield HttpStream(response.status, _headers(response), _pieces(response))
                        return
                    request = _redirected(request, location)
        except TimeoutError as error:
            raise Stalled(f"nothing came within {deadline_s:g} s") from error
        except HTTPError as error:
            raise ConnectionError(type(error).__name__) from error
        raise ConnectionError("too many redirects")

    @contextmanager
    def _open(self, request: HttpRequest, deadline_s: float) -> Iterator[Any]:
        host = urlsplit(request.url).netloc
        if host in self._used_s and time.monotonic() > self._used_s[host] + self._idle_s:
            self._pool.clear()
            self._used_s.clear()
        response = self._pool.request(
            request.method,
            request.url,
            headers=request.headers,
            body=request.body,
            timeout=urllib3.Timeout(connect=min(CONNECT_S, deadline_s), read=deadline_s),
            redirect=False,
            preload_content=False,
        )
        try:
            yield response
        except BaseException:
            response.close()  # what was not read to its end must not be read by the next call
            raise
        response.drain_conn() if response.length_remaining == 0 else response.close()
        self._used_s[host] = time.monotonic()


def _headers(response: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _pieces(response: Any) -> Iterator[bytes]:
    """Yield what has arrived, however little; a body that ends too early is an error of the connection."""
    return iter(lambda: response.read1(CHUNK_BYTES) or b"", b"")


def _redirected(request: HttpRequest, location: str) -> HttpRequest:
    """Follow a redirect: to another host goes only what says which bytes are wanted."""
    url = urljoin(request.url, location)
    same_host = urlsplit(url)[:2] == urlsplit(request.url)[:2]
    kept = request.headers if same_host else {n: v for n, v in request.headers.items() if n in RANGE_HEADERS}
    return HttpRequest("GET", url, kept)
