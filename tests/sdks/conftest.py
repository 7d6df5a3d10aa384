"""The providers' own SDKs, unmodified, against a sandbox that serves https.

They live in an environment of their own (requirements/sdks.in), so these tests run in a pytest of their own.
"""

import json
import os
import subprocess
import time
import wave
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.certificate import write_certificate

ROOT = Path(__file__).parents[2]
RENDER_SCALE = 0.3
SDKS = (
    "anthropic",
    "assemblyai",
    "cartesia",
    "deepgram",
    "elevenlabs",
    "fal_client",
    "google.genai",
    "lumaai",
    "openai",
    "replicate",
    "runwayml",
    "together",
)


def pytest_configure(config: pytest.Config) -> None:
    """
    Let an SDK use what a later Python will drop: that is its makers' to mend. All other warnings are errors.
    """
    for name in SDKS:
        config.addinivalue_line("filterwarnings", f"ignore::DeprecationWarning:{name}")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """
    Start the sandbox with the tool's Python, let the SDKs trust it, and yield its address.
    """
    folder = tmp_path_factory.mktemp("sandbox")
    certificate = write_certificate(folder, "localhost")
    command = [ROOT / ".venv/bin/python", "-m", "sluice.sandbox", "--port-file", folder / "port"]
    command += ["--tls", certificate, "--render-scale", str(RENDER_SCALE)]
    paths = f"{ROOT / 'functions'}:{ROOT}"
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": paths})
    while not (folder / "port").exists():
        assert process.poll() is None
        time.sleep(0.02)
    host = f"localhost:{(folder / 'port').read_text()}"
    with pytest.MonkeyPatch.context() as environment:
        for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
            environment.setenv(name, str(certificate))
        environment.setenv("NO_PROXY", "localhost")
        # fal's SDK takes its hosts from here when it is imported, so that is done after this.
        environment.setenv("FAL_RUN_HOST", f"{host}/fal/run")
        environment.setenv("FAL_QUEUE_RUN_HOST", f"{host}/fal")
        environment.setenv("FAL_KEY", "key")
        yield f"https://{host}"
    process.terminate()
    assert process.wait(10) == 0


@pytest.fixture(scope="session")
def client(server: str) -> Iterator[httpx.Client]:
    """
    Yield a client for the session, for the sandbox's controls and for the links to files.
    """
    with httpx.Client(base_url=server, timeout=10) as client:
        yield client


@pytest.fixture(autouse=True)
def sandbox(client: httpx.Client) -> httpx.Client:
    """
    Return the client of a sandbox that remembers nothing.
    """
    client.post("/_sandbox/reset")
    return client


@pytest.fixture
def break_(sandbox: httpx.Client) -> Callable[..., None]:
    """
    Return a function that sets a fault.
    """

    def put(provider: str, kind: str, **fields: Any) -> None:
        assert sandbox.put(f"/_sandbox/faults/{provider}", json={"kind": kind, **fields}).status_code == 200

    return put


@pytest.fixture
def starts(sandbox: httpx.Client) -> Callable[[], list[bool]]:
    """
    Return a function that tells of every start that arrived whether it would be billed.
    """

    def read() -> list[bool]:
        entries = sandbox.get("/_sandbox/requests").json()["requests"]
        return [entry["billable_start"] for entry in entries if entry["method"] == "POST"]

    return read


Told = tuple[dict[str, Any], Path]


@pytest.fixture(scope="session")
def node(
    server: str, client: httpx.Client, photo: bytes, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Told]:
    """
    Return a function that runs a script in Node: what it told by name, and the folder with what it saved.
    """

    def run(script: str) -> Told:
        client.post("/_sandbox/reset")
        folder = tmp_path_factory.mktemp(script)
        (folder / "photo.png").write_bytes(photo)
        command = ["node", str(ROOT / f"tests/sdks/node/{script}.mjs"), server, str(folder)]
        surroundings = {**os.environ, "TMPDIR": str(folder)}
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=surroundings)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(line) for line in done.stdout.splitlines()), folder

    return run


@pytest.fixture(scope="session")
def sound() -> bytes:
    """
    Record three seconds of silence.
    """
    out = BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(2 * 3 * 8000))
    return out.getvalue()


@pytest.fixture(scope="session")
def photo() -> bytes:
    """
    Draw a picture to begin with.
    """
    out = BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, "PNG")
    return out.getvalue()
