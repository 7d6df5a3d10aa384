"""The only way to a URL that a caller gave: its name is resolved once, and what was checked is connected.

Connection and request are made by hand from the standard library, so that nothing between the check and the
socket looks a name up again, follows a redirect or minds a proxy.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from urllib.parse import urljoin

from gateway.domain.address import Door, Posted, Refused, admits, read

CONNECT_S = 5
ADDRESSES = 3  # that are tried, of those that a name has
REDIRECTS = 3
CHUNK_BYTES = 1024 * 1024
AGENT = "Sluice"

Resolve = Callable[[str, int], list[str]]
Connect = Callable[[str, int, float], socket.socket]


class Blocked(Exception):
    """It was not sent, or not answered; the text is a word for why."""


class Guard:
    """Calls strangers.

    Args:
        loopback: whether this machine may be called: an explicit setting of the local stack.
        own: hosts of this gateway, which are told nothing.
    """

    def __init__(
        self,
        *,
        loopback: bool = False,
        own: tuple[str, ...] = (),
        resolve: Resolve | None = None,
        connect: Connect | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._loopback = loopback
        self._own = own
        self._resolve = resolve or addresses_of
        self._connect = connect or connection_to
        self._given_tls = tls

    def post(self, url: str, headers: dict[str, str], body: bytes, deadline_s: float) -> Posted:
        """Send a message; redirects are not followed, and of the answer only its head is read."""
        ends_at = time.monotonic() + deadline_s
        try:
            with self._exchange("POST", self._door(url, self._own), headers, body, ends_at) as (answer, _):
                return Posted(answer.status, _retry_after_s(answer))
        except Blocked as error:
            return Posted(0, None, str(error))

    @contextmanager
    def open(self, url: str, most_bytes: int, deadline_s: float) -> Iterator[Iterator[bytes]]:
        """Open a file for reading, behind at most three redirects, each looked at like the first URL.

        Raises:
            Blocked: it may not be had, then or while it is read.
        """
        ends_at = time.monotonic() + deadline_s
        for _ in range(REDIRECTS + 1):
            door = self._door(url, ())  # a file of ours, by its signed link, is as good as any
            with self._exchange("GET", door, {"accept": "*/*"}, None, ends_at) as (answer, line):
                location = answer.headers.get("location")
                if answer.status not in (301, 302, 303, 307, 308) or not location:
                    yield _chunks(answer, line, most_bytes)
                    return
                url = urljoin(url, location)
        raise Blocked("redirects")

    def _door(self, url: str, own: tuple[str, ...]) -> Door:
        found = read(url, loopback=self._loopback, own=own)
        if isinstance(found, Refused):
            raise Blocked(found.problem)
        return found

    @contextmanager
    def _exchange(
        self, method: str, door: Door, headers: dict[str, str], body: bytes | None, ends_at: float
    ) -> Iterator[tuple[http.client.HTTPResponse, "_Line"]]:
        line = _Line(self._reach(door, ends_at), ends_at)
        sent = {"host": door.authority, "user-agent": AGENT, "accept-encoding": "identity", **headers}
        try:
            with line.failing():
                if door.secure:
                    line.wrap(self._tls, door.host)
                connection = http.client.HTTPConnection(door.host, door.port)
                connection.sock = line.sock
                connection.request(method, door.path, body, {**sent, "connection": "close"})
                answer = connection.getresponse()
            yield answer, line
        finally:
            line.close()

    def _reach(self, door: Door, ends_at: float) -> socket.socket:
        """Connect to one of the addresses that the name has now, if all of them are good."""
        try:
            found = self._resolve(door.host, door.port)
        except OSError:
            found = []
        if not found:
            raise Blocked("unresolved")
        if not all(admits(door, address, loopback=self._loopback) for address in found):
            raise Blocked("address")
        for address in found[:ADDRESSES]:
            left_s = max(0.1, min(CONNECT_S, ends_at - time.monotonic()))
            try:
                reached = self._connect(address, door.port, left_s)
                peer = reached.getpeername()[0]
            except OSError:
                continue
            if peer != address:
                reached.close()
                raise Blocked("peer")
            return reached
        raise Blocked("connection")

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self._given_tls or ssl.create_default_context()


class _Line:
    """A connection with an end: when its time is over, whatever waits on it fails, however it is fed."""

    def __init__(self, sock: socket.socket, ends_at: float) -> None:
        self.sock = sock
        self._cut = False
        left_s = max(0.1, ends_at - time.monotonic())
        sock.settimeout(left_s)
        self._timer = threading.Timer(left_s, self._end)
        self._timer.daemon = True
        self._timer.start()

    def wrap(self, tls: ssl.SSLContext, host: str) -> None:
        """Speak TLS; the certificate must be of the name that was asked for."""
        self.sock = tls.wrap_socket(self.sock, server_hostname=host, do_handshake_on_connect=False)
        self.sock.do_handshake()

    @contextmanager
    def failing(self) -> Iterator[None]:
        """Say in a word why the wire failed."""
        try:
            yield
        except (OSError, http.client.HTTPException) as error:
            raise Blocked(self._word(error)) from error
        if self._cut:
            raise Blocked("timeout")

    def close(self) -> None:
        """Hang up."""
        self._timer.cancel()
        self.sock.close()

    def _word(self, error: Exception) -> str:
        if self._cut or isinstance(error, TimeoutError):
            return "timeout"
        return "tls" if isinstance(error, ssl.SSLError) else "connection"

    def _end(self) -> None:
        self._cut = True
        try:
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)  # a TLS socket's own would break its reader
        except OSError:
            return


def addresses_of(host: str, port: int) -> list[str]:
    """Ask for a name's A records, once."""
    found = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def connection_to(address: str, port: int, deadline_s: float) -> socket.socket:
    """Connect to an address."""
    return socket.create_connection((address, port), deadline_s)


def _chunks(answer: http.client.HTTPResponse, line: _Line, most_bytes: int) -> Iterator[bytes]:
    """Read a body up to its end; its length is counted, not believed."""
    if answer.status != 200:
        raise Blocked(f"status_{answer.status}")
    if (answer.length or 0) > most_bytes:
        raise Blocked("too_large")
    size = 0
    while chunk := _read(answer, line):
        size += len(chunk)
        if size > most_bytes:
            raise Blocked("too_large")
        yield chunk
    if answer.length:
        raise Blocked("truncated")


def _read(answer: http.client.HTTPResponse, line: _Line) -> bytes:
    with line.failing():
        return answer.read(CHUNK_BYTES)


def _retry_after_s(answer: http.client.HTTPResponse) -> float | None:
    """Read how long a receiver wants to be left alone: seconds, or an instant against its own clock."""
    text = (answer.headers.get("retry-after") or "").strip()
    if text.isdecimal() and len(text) < 10:
        return float(text)
    until, now = _instant(text), _instant(answer.headers.get("date") or "")
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds()) if until else None


def _instant(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
