"""A gateway that answers from a script: for each ``METHOD path`` a list in order, its last for ever."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CUT = None  # instead of an answer: the connection is closed


@dataclass(frozen=True)
class Said:
    """One answer; a text is sent as it is, ``cut`` promises more of it than comes."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass(frozen=True)
class Asked:
    """One request."""

    call: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Scripted:
    """The server's address, what it says, and what it was asked."""

    url: str
    script: dict[str, list[Said | None]]
    asked: list[Asked] = field(default_factory=list)

    def calls(self) -> list[str]:
        """Return what was asked, in order."""
        return [each.call for each in self.asked]


@contextmanager
def scripted() -> Iterator[Scripted]:
    """Serve a script on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            call = f"{self.command} {self.path}"
            headers = {name.lower(): value for name, value in self.headers.items()}
            told.asked.append(Asked(call, headers, body))
            answers = told.script[call]
            said = answers.pop(0) if len(answers) > 1 else answers[0]
            self.close_connection = said is CUT or said.cut
            if said is not CUT:
                self._say(said)

        def _say(self, said: Said) -> None:
            text = said.body if isinstance(said.body, str) else json.dumps(said.body)
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(text.encode()) + (100 if said.cut else 0)))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = do_DELETE = _answer

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told = Scripted(f"http://127.0.0.1:{server.server_port}", {})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
