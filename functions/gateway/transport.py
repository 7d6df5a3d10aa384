"""The only module with a wire: sends a request, streams a file, posts to a stranger; each in its deadline."""

import ipaddress
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin, urlsplit

from gateway.domain.outcome import Failure
from gateway.protocols.http import HttpRequest, HttpResponse

ANSWER_BYTES = 64 * 1024 * 1024
CHUNK_BYTES = 1024 * 1024
CONNECT_S = 10
REDIRECTS = 3


class Transport:
    """One connection pool for a function's life; made at the first call, because httpx is dear to import."""

    def __init__(self) -> None:
        self._client: Any = None

    def send(self, request: HttpRequest, deadline_s: float) -> HttpResponse | Failure:
        """Send a request and return the whole answer, or why there is none."""
        import httpx

        late = Failure("timeout", "timeout", f"no answer within {deadline_s:g} s")
        ends_at = time.monotonic() + deadline_s
        try:
            with self._open(request, deadline_s) as response:
                body = bytearray()
                for chunk in response.iter_bytes(CHUNK_BYTES):
                    body += chunk
                    if len(body) > ANSWER_BYTES:
                        return Failure("transient", "too_large", f"the answer is above {ANSWER_BYTES} bytes")
                    if time.monotonic() > ends_at:
                        return late
                headers = {name.lower(): value for name, value in response.headers.items()}
                return HttpResponse(response.status_code, headers, bytes(body))
        except httpx.TimeoutException:
            return late
        except httpx.HTTPError as error:
            return Failure("transient", "connection", f"the connection failed: {type(error).__name__}")

    @contextmanager
    def stream(self, request: HttpRequest, deadline_s: float) -> Iterator[tuple[int, Iterator[bytes]]]:
        """Open a file: its status and its chunks. At most three redirects, and no key leaves its host.

        Raises:
            ConnectionError: the connection failed, then or while the chunks are read.
        """
        import httpx

        try:
            for _ in range(REDIRECTS + 1):
                with self._open(request, deadline_s) as response:
                    if not response.is_redirect:
                        yield response.status_code, response.iter_bytes(CHUNK_BYTES)
                        return
                    request = _redirected(request, response.headers["location"])
        except httpx.HTTPError as error:
            raise ConnectionError(type(error).__name__) from error
        raise ConnectionError("too many redirects")

    def _open(self, request: HttpRequest, deadline_s: float) -> Any:
        import httpx

        if self._client is None:
            self._client = httpx.Client(follow_redirects=False)
        timeout = httpx.Timeout(deadline_s, connect=min(CONNECT_S, deadline_s))
        return self._client.stream(
            request.method, request.url, headers=request.headers, content=request.body, timeout=timeout
        )


def _redirected(request: HttpRequest, location: str) -> HttpRequest:
    url = urljoin(request.url, location)
    same_host = urlsplit(url)[:2] == urlsplit(request.url)[:2]
    return HttpRequest("GET", url, request.headers if same_host else {})


def post_to_stranger(
    url: str, body: bytes, headers: dict[str, str], deadline_s: float, *, allow_loopback: bool
) -> int:
    """Post to a URL that a caller gave; return the status, or 0 when it was not sent or not answered.

    The name is resolved once, every address is checked, and the connection goes to the checked address: a
    second look-up could answer otherwise. No redirects; A records only, because IPv6 can hide an inner IPv4.
    """
    import httpx

    parts = urlsplit(url)
    address = _public_address(parts.hostname or "", parts.port or 443, allow_loopback)
    if address is None or (parts.scheme != "https" and not allow_loopback) or parts.username:
        return 0
    pinned = httpx.URL(url).copy_with(host=address)
    host = {"host": parts.netloc}
    try:
        with httpx.Client(follow_redirects=False, trust_env=False, timeout=deadline_s) as client:
            extensions = {"sni_hostname": parts.hostname}
            answer = client.post(pinned, content=body, headers=headers | host, extensions=extensions)
            return answer.status_code
    except httpx.HTTPError:
        return 0


def _public_address(host: str, port: int, allow_loopback: bool) -> str | None:
    """Resolve a host; return an address only if all of them are public, or loopback where that is allowed."""
    try:
        found = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)
    except OSError:
        return None
    addresses = [ipaddress.ip_address(entry[4][0]) for entry in found]
    fine = all(
        (each.is_global and not each.is_multicast) or (allow_loopback and each.is_loopback)
        for each in addresses
    )
    return str(addresses[0]) if addresses and fine else None
