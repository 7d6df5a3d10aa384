"""A local Lambda: the Runtime API over HTTP, and one function process that asks it for work.

Source: docs.aws.amazon.com, "Using the Lambda runtime API", 2018-06-01; the process is AWS's own client.
"""

import json
import os
import queue
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Function:
    """A running function: how long it took to be ready, and a way to invoke it."""

    process: subprocess.Popen[bytes]
    init_ms: float
    _work: "queue.Queue[tuple[str, bytes]]" = field(repr=False)
    _done: "queue.Queue[tuple[str, bytes]]" = field(repr=False)

    def invoke(self, event: dict[str, Any]) -> tuple[float, Any]:
        """Run one event; return its milliseconds and its answer.

        Raises:
            RuntimeError: the function failed.
        """
        began = time.perf_counter()
        self._work.put((str(began), json.dumps(event).encode()))
        kind, body = self._done.get(timeout=60)
        spent_ms = (time.perf_counter() - began) * 1000
        if kind != "response":
            raise RuntimeError(body.decode())
        return spent_ms, json.loads(body)

    def cpu_s(self) -> float:
        """Return the processor seconds that the process has used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


@contextmanager
def function(python: Path, package: Path, handler: str, settings: dict[str, str]) -> Iterator[Function]:
    """Start a function as Lambda does, wait until it asks for work, and end it afterwards."""
    work: queue.Queue[tuple[str, bytes]] = queue.Queue()
    done: queue.Queue[tuple[str, bytes]] = queue.Queue()
    server = _Server(("127.0.0.1", 0), _api(work, done))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
        "LAMBDA_TASK_ROOT": str(package),
        "PYTHONPATH": str(package),
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        **settings,
    }
    began = time.perf_counter()
    process = subprocess.Popen(
        [python, "-m", "awslambdaric", handler], cwd=package, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        kind, body = done.get(timeout=60)
        if kind != "ready":
            raise RuntimeError(body.decode())
        yield Function(process, (time.perf_counter() - began) * 1000, work, done)
    finally:
        process.kill()
        process.wait()
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A function that was ended in the middle of a request is no news."""


def _api(
    work: "queue.Queue[tuple[str, bytes]]", done: "queue.Queue[tuple[str, bytes]]"
) -> type[BaseHTTPRequestHandler]:
    ready = threading.Event()

    class Api(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet: two would wait 40 ms for an acknowledgement

        def do_GET(self) -> None:
            if not ready.is_set():
                ready.set()
                done.put(("ready", b""))
            request_id, event = work.get()
            deadline_ms = int((time.time() + 30) * 1000)
            self._answer(
                200,
                event,
                {
                    "Lambda-Runtime-Aws-Request-Id": request_id,
                    "Lambda-Runtime-Deadline-Ms": str(deadline_ms),
                    "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000;Sampled=0",
                    "Content-Type": "application/json",
                    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:1:function:bench",
                },
            )

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self._answer(202, b"{}", {})
            self.wfile.flush()
            done.put((self.path.rpartition("/")[2], body))

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Api
