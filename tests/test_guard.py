"""The guard's wire: what is connected, and above all what is not."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.address import Posted
from gateway.guard import Blocked, Guard
from tests.certificate import write_certificate
from tests.hostile import BY_ADDRESS, BY_TEXT

PUBLIC = "93.184.216.34"
HOOK = "https://hooks.example.com/hook"
Answering = Callable[[BaseHTTPRequestHandler], None]


class Names:
    """A resolver with one list of addresses for each look-up in turn, its last for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[str]:
        """Look a name up."""
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Lines:
    """A connector that notes where it is sent to, and connects to this machine instead, or to nobody.

    Args:
        seem: have the connection look as if it had gone where it was sent.
    """

    def __init__(self, port: int = 0, *, seem: bool = False) -> None:
        self.port, self.seem = port, seem
        self.tried: list[str] = []

    def __call__(self, address: str, port: int, deadline_s: float) -> socket.socket:
        """Note an address."""
        self.tried.append(address)
        if not self.port:
            raise ConnectionRefusedError
        reached = socket.create_connection(("127.0.0.1", self.port), deadline_s)
        return Seeming(address, reached) if self.seem else reached


class Seeming(socket.socket):
    """A connection to this machine that seems to be one to an address."""

    def __init__(self, address: str, reached: socket.socket) -> None:
        super().__init__(fileno=reached.detach())
        self._address = address

    def getpeername(self) -> tuple[str, int]:
        """Name somebody else."""
        return self._address, 443


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Somebody on this machine whom no stranger may reach."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


@contextmanager
def serving(answer: Answering, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Run a server on this machine; yields its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            answer(self)

        def do_GET(self) -> None:
            answer(self)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that hangs up is no error."""

    server: HTTPServer = Server(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def answering(status: int, body: bytes = b"", **headers: str) -> Answering:
    """Make an answer."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"content_length": str(len(body)), **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return answer


def heard(listener: socket.socket) -> bool:
    """Tell whether anybody has called."""
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@pytest.mark.parametrize("url", BY_TEXT)
def test_no_hostile_url_is_looked_up_or_connected(url: str, listener: socket.socket) -> None:
    """With the setting of AWS and the real connector: the listener hears nothing, in neither operation."""
    names = Names(["127.0.0.1"])
    guard = Guard(own=("gw.example.com",), resolve=names)
    aimed = url.replace("{port}", str(listener.getsockname()[1]))

    posted = guard.post(aimed, {}, b"{}", 2)
    if BY_TEXT[url] != "own":
        with pytest.raises(Blocked), guard.open(aimed, 100, 2):
            pass

    assert (posted.status, posted.problem) == (0, BY_TEXT[url])
    assert names.asked == []
    assert not heard(listener)


@pytest.mark.parametrize("address", BY_ADDRESS)
def test_one_bad_address_of_a_name_refuses_them_all(address: str) -> None:
    """A list with a good one in front is no way in."""
    lines = Lines()

    posted = Guard(resolve=Names([PUBLIC, address]), connect=lines).post(HOOK, {}, b"{}", 2)

    assert posted == Posted(0, None, "address")
    assert lines.tried == []


def test_a_name_that_changes_its_address_is_looked_up_once(listener: socket.socket) -> None:
    """DNS rebinding: the first answer is public, the second loopback; the first one is what is connected."""
    names, lines = Names([PUBLIC], ["127.0.0.1"]), Lines()

    posted = Guard(resolve=names, connect=lines).post(HOOK, {}, b"{}", 2)

    assert (names.asked, lines.tried) == (["hooks.example.com"], [PUBLIC])
    assert posted == Posted(0, None, "connection")
    assert not heard(listener)


def test_a_connection_that_ended_elsewhere_is_dropped_before_a_byte_is_sent(listener: socket.socket) -> None:
    """Whatever lies between us and the address: the peer must be the one that was checked."""
    lines = Lines(listener.getsockname()[1])

    posted = Guard(resolve=Names([PUBLIC]), connect=lines).post(HOOK, {}, b"{}", 2)

    assert posted == Posted(0, None, "peer")
    with listener.accept()[0] as reached:
        assert reached.recv(1) == b""


@pytest.mark.parametrize(
    ("location", "problem"),
    [
        ("https://127.0.0.1/", "literal"),
        ("http://169.254.100.1:9001/2018-06-01/runtime/invocation/next", "scheme"),
        ("https://169.254.169.254/latest/meta-data/", "literal"),
        ("file:///proc/self/environ", "malformed"),
        ("//[::1]/", "literal"),
        ("https://hooks.example.com:9001/", "port"),
        ("https://rebound.example.com/", "address"),
    ],
)
def test_a_redirect_is_looked_at_like_the_first_url(location: str, problem: str, tmp_path: Path) -> None:
    """The file's own server is fine, and sends us on to where we may not go: nothing more is connected."""
    server, client = tls_of(tmp_path)
    names = Names([PUBLIC], ["169.254.169.254"])
    with serving(answering(302, location=location), server) as port:
        lines = Lines(port, seem=True)
        guard = Guard(resolve=names, connect=lines, tls=client)

        with pytest.raises(Blocked, match=f"^{problem}$"), guard.open(HOOK, 100, 5):
            pass

    assert lines.tried == [PUBLIC]


def test_three_redirects_are_followed_for_a_file_and_no_fourth() -> None:
    """The file behind them comes; a chain that goes on does not."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        left = int(request.path[1:])
        location = {"location": f"/{left - 1}"} if left else {}
        answering(302 if left else 200, b"" if left else b"a file", **location)(request)

    with serving(answer) as port:
        guard = Guard(loopback=True)
        with guard.open(f"http://127.0.0.1:{port}/3", 100, 5) as chunks:
            assert b"".join(chunks) == b"a file"
        with pytest.raises(Blocked, match=r"^redirects$"), guard.open(f"http://127.0.0.1:{port}/4", 100, 5):
            pass


def test_a_message_is_not_sent_on_to_where_a_receiver_points() -> None:
    """A redirect is an answer like any other."""
    seen: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        seen.append(request.path)
        answering(307, location="/other")(request)

    with serving(answer) as port:
        assert Guard(loopback=True).post(f"http://127.0.0.1:{port}/hook", {}, b"{}", 5).status == 307

    assert seen == ["/hook"]


def test_tls_and_host_are_of_the_name_while_the_address_is_the_checked_one(tmp_path: Path) -> None:
    """A certificate of another name is none."""
    server, client = tls_of(tmp_path)
    hosts: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        hosts.append(request.headers["host"])
        answering(204)(request)

    with serving(answer, server) as port:
        guard = Guard(loopback=True, resolve=Names(["127.0.0.1"]), tls=client)
        good = guard.post(f"https://hooks.example.com:{port}/", {}, b"{}", 5)
        other = guard.post(f"https://other.example.com:{port}/", {}, b"{}", 5)

    assert (good, other) == (Posted(204), Posted(0, None, "tls"))
    assert hosts == [f"hooks.example.com:{port}"]


@pytest.mark.parametrize("drip", [b"", b"HTTP/1.1 200 OK\r\n"])
def test_who_answers_slowly_or_never_is_cut_off_in_time(drip: bytes) -> None:
    """Also one who sends a byte now and then, which keeps every single wait short."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=drop_bytes, args=(server, drip), daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"

        assert Guard(loopback=True).post(url, {}, b"{}", 0.4) == Posted(0, None, "timeout")


def drop_bytes(server: socket.socket, head: bytes) -> None:
    """Take a call, and answer one byte of an endless header at a time."""
    with server.accept()[0] as caller:
        try:
            caller.sendall(head)
            while head:
                caller.sendall(b"x")
                threading.Event().wait(0.05)
            while caller.recv(1 << 16):
                pass
        except OSError:
            return


def test_headers_without_an_end_are_not_read_for_ever() -> None:
    """A hundred are the most."""
    many = {f"x-{number}": "y" for number in range(150)}
    with serving(answering(200, **many)) as port:
        assert Guard(loopback=True).post(f"http://127.0.0.1:{port}/", {}, b"", 5) == Posted(
            0, None, "connection"
        )


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (answering(404, b"no such file, and what our server says of it"), "status_404"),
        (answering(200, b"x" * 200), "too_large"),
        (answering(200, b"x" * 20, content_length="90"), "truncated"),
    ],
)
def test_a_file_that_cannot_be_had_says_why_in_a_word(answer: Answering, problem: str) -> None:
    """Nothing of the answer's body is passed on."""
    with (
        serving(answer) as port,
        pytest.raises(Blocked, match=f"^{problem}$"),
        Guard(loopback=True).open(f"http://127.0.0.1:{port}/", 100, 5) as chunks,
    ):
        list(chunks)


@pytest.mark.parametrize(
    ("header", "pause_s"),
    [
        ({"retry_after": "120"}, 120.0),
        ({"retry_after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry_after": "soon"}, None),
        ({}, None),
    ],
)
def test_a_receiver_says_how_long_it_wants_to_be_left_alone(
    header: dict[str, str], pause_s: float | None
) -> None:
    """In seconds, or until an instant."""
    with serving(answering(429, **header)) as port:
        posted = Guard(loopback=True).post(f"http://127.0.0.1:{port}/", {}, b"", 5)

    assert (posted.status, posted.retry_after_s) == (429, pause_s)


def tls_of(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make a server's certificate for hooks.example.com and a client that trusts it alone."""
    certificate = write_certificate(folder, "hooks.example.com")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    return server, ssl.create_default_context(cafile=certificate)
