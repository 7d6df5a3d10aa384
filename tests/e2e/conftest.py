"""One real stack for all: the CDK app on the emulator, the sandbox, the edge; driven over HTTP."""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest

from sluice.aws import Cloud
from sluice.local.stack import Setup, Stack, running

ROOT = Path(__file__).parents[2]
# Read once: a client that reads the authorities by itself takes a twentieth of a second for it.
TRUST = ssl.create_default_context()
MEMORY = Path("/dev/shm")  # noqa: S108 - only a folder of our own in it
PATIENCE_S = 90
ENDED = ("succeeded", "failed", "canceled", "expired")

# For tests of pace: twice as fast as 60 and 20 a minute, to be short; the emulator carries five a second.
RPM, BURST = 120, 4
EACH_RPM = 40
PACED_PROVIDERS = f"""
version: 1
providers:
  elevenlabs: {{secret: e, limits: {{rpm: {RPM}, burst: {BURST}, concurrent: 20}}}}
  google: {{secret: g, limits: {{rpm: {EACH_RPM}}}}}
  openai: {{secret: o, limits: {{rpm: {EACH_RPM}}}}}
  fal: {{secret: f, limits: {{rpm: {EACH_RPM}}}}}
"""
PACED_ROUTES = """
version: 1
defaults: {deadline: 20m}
tiers: {pro: {}}
models:
  voice: {operations: [speech], targets: [elevenlabs/eleven_flash_v2_5]}
  voice-now: {operations: [speech], targets: [elevenlabs/eleven_flash_v2_5], overflow: shed, max_wait: 0s}
  picture:
    operations: [text_to_image]
    targets: [google/gemini-3-pro-image, openai/gpt-image-2, fal/fal-ai/flux/dev]
    overflow: divert
    max_wait: 2s
"""


@dataclass(frozen=True)
class Gateway:
    """A caller of the stack, with a hand on the sandbox's controls."""

    stack: Stack
    http: httpx.Client

    def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        """Send a request with the pro key."""
        return self.http.post(f"{self.stack.base_url}{path}", json=body, headers=self._headers(headers))

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Read something with the pro key."""
        return self.http.get(f"{self.stack.base_url}{path}", headers=self._headers(headers))

    def tenant(self, name: str) -> "Gateway":
        """Become a caller of another tenant, with a key of its own."""
        keys = self.stack.cloud.keys(self.stack.outputs["KeysTable"])
        _, key = keys.create(name=name, tenant=name, tier="pro", scopes=("submit", "read"))
        return replace(self, stack=replace(self.stack, api_key=key))

    def submit(self, model: str, **body: Any) -> dict[str, Any]:
        """Start a job and come back at once."""
        answer = self.post(
            f"/v1/{model}", {"prompt": "a lighthouse in a storm", **body}, prefer="respond-async"
        )
        assert answer.status_code == 202, answer.text
        job: dict[str, Any] = answer.json()
        return job

    def ended(self, job: dict[str, Any]) -> dict[str, Any]:
        """Poll a job until it has ended."""
        until = time.monotonic() + PATIENCE_S
        while job["status"] not in ENDED:
            assert time.monotonic() < until, f"still {job['status']}: {job}"
            time.sleep(0.3)
            job = self.get(f"/v1/jobs/{job['id']}").json()
        return job

    def run(self, model: str, **body: Any) -> dict[str, Any]:
        """Start a job and see it through."""
        return self.ended(self.submit(model, **body))

    def file(self, job: dict[str, Any]) -> bytes:
        """Follow a job's link as a browser does: without a key."""
        answer = self.http.get(job["output_url"], follow_redirects=True)
        assert answer.status_code == 200, answer.text
        return answer.content

    def break_provider(self, provider: str, **fault: Any) -> None:
        """Set a fault in the sandbox."""
        self.http.put(f"{self.stack.sandbox_url}/_sandbox/faults/{provider}", json=fault).raise_for_status()

    def mend_provider(self, provider: str) -> None:
        """Clear the fault."""
        self.http.delete(f"{self.stack.sandbox_url}/_sandbox/faults/{provider}").raise_for_status()

    def requests(self, provider: str = "") -> list[dict[str, Any]]:
        """Read the sandbox's journal."""
        url = f"{self.stack.sandbox_url}/_sandbox/requests"
        answer = self.http.get(url, params={"provider": provider} if provider else None)
        found: list[dict[str, Any]] = answer.json()["requests"]
        return found

    def starts(self) -> list[str]:
        """Return which providers got a billable start, in order."""
        return [entry["provider"] for entry in self.requests() if entry["billable_start"]]

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        return {"authorization": f"Bearer {self.stack.api_key}", **more}


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Bring the shipped files up as `make up` does, beside whatever else runs here."""
    state = tmp_path_factory.mktemp("stack")
    with unpacking() as emulator, running(Setup(folder=ROOT, state=state, emulator=emulator)) as stack:
        yield stack


@pytest.fixture(scope="session")
def paced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with small pools, for all tests of pace."""
    with playing(tmp_path_factory.mktemp("paced"), PACED_PROVIDERS, PACED_ROUTES) as stack:
        yield stack


@pytest.fixture
def gateway(stack: Stack) -> Iterator[Gateway]:
    """A caller, over a sandbox that has forgotten everything."""
    with calling(stack) as gateway:
        yield gateway


@contextmanager
def calling(stack: Stack) -> Iterator[Gateway]:
    """Call a stack of whom nothing is known that was before."""
    with httpx.Client(timeout=60, trust_env=False, verify=TRUST) as http:
        gateway = Gateway(stack, http)
        forget(gateway)
        yield gateway


@contextmanager
def playing(
    folder: Path, providers: str, routes: str, render_scale: float = 1.0, **emulator: str
) -> Iterator[Stack]:
    """Bring a stack up with files of its own.

    Args:
        emulator: further settings of the emulator.
    """
    (folder / "providers.yaml").write_text(providers)
    (folder / "routes.yaml").write_text(routes)
    with unpacking() as own:
        setup = Setup(folder, folder / "state", render_scale=render_scale, emulator={**own, **emulator})
        with running(setup) as stack:
            yield stack


@contextmanager
def unpacking() -> Iterator[dict[str, str]]:
    """Let the emulator unpack functions into memory where there is a disk of it.

    It unpacks two hundred files for each process that it starts, and leaves them there.
    """
    if not MEMORY.is_dir():
        yield {}
        return
    with TemporaryDirectory(prefix="sluice-", dir=MEMORY) as folder:
        yield {"TMPDIR": folder}


def forget(gateway: Gateway) -> None:
    """Let the sandbox begin anew, with every circuit closed."""
    gateway.http.post(f"{gateway.stack.sandbox_url}/_sandbox/reset").raise_for_status()
    forget_circuits(gateway.stack)


def forget_circuits(stack: Stack, provider: str = "") -> None:
    """Close every circuit, or those of a provider: what one test broke is whole for the next."""
    dynamodb, table = _dynamodb(stack.cloud), stack.outputs["PacersTable"]
    for item in dynamodb.scan(TableName=table)["Items"]:
        if item["pool"]["S"].startswith(f"circuit#{provider}"):
            dynamodb.delete_item(TableName=table, Key={"pool": item["pool"]})


@cache
def _dynamodb(cloud: Cloud) -> Any:
    """Make one client for all tests: each takes a tenth of a second."""
    return cloud.client("dynamodb")
