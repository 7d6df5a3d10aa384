"""The three programs of the local stack, as data: what to run, with which settings, and when it is ready."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sluice.local.port import HOST
from sluice.root import EMULATOR_PYTHON, PYTHON, PYTHONPATH, ROOT

ACCOUNT = "000000000000"
REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Program:
    """A background program; ``{port}`` in its words and settings stands for the port that it gets.

    Args:
        ready: path that answers 200 once it works.
        sources: files and folders whose change means that it must be started anew.
    """

    name: str
    argv: tuple[str, ...]
    ready: str
    environment: dict[str, str] = field(default_factory=dict)
    sources: tuple[Path, ...] = ()

    @property
    def code(self) -> str:
        """Return the digest of everything that decides how it behaves, but for the port."""
        digest = hashlib.sha256(repr((self.argv, sorted(self.environment.items()))).encode())
        digest.update(digest_of(self.sources).encode())
        return digest.hexdigest()


def emulator(data: Path, settings: Mapping[str, str]) -> Program:
    """Describe MiniStack: IAM enforced, loopback only, all its files under ``data``.

    It passes its environment on to the functions, so it gets none of the user's: no provider key, no profile.
    """
    own = {
        "GATEWAY_PORT": "{port}",
        "BIND_HOST": HOST,
        "AUTH": "true",
        "TMPDIR": str(data / "tmp"),
        "HOME": str(data / "home"),
        "S3_DATA_DIR": str(data / "s3"),
        "STATE_DIR": str(data / "state"),
        "PYTHONUNBUFFERED": "1",
    }
    return Program(
        "emulator",
        (str(EMULATOR_PYTHON), "-m", "ministack"),
        "/_ministack/health",
        {**_bare_environment(), **own, **settings},
        (ROOT / "requirements" / "emulator.txt",),
    )


def sandbox(render_scale: float) -> Program:
    """Describe the server that plays the providers."""
    argv = (PYTHON, "-m", "sluice.sandbox", "--host", HOST, "--port", "{port}")
    return Program(
        "sandbox",
        (*argv, "--render-scale", str(render_scale)),
        "/_sandbox/health",
        {**_bare_environment(), "PYTHONPATH": PYTHONPATH, "PYTHONUNBUFFERED": "1"},
        (ROOT / "sluice" / "sandbox",),
    )


def edge(upstream: str, live: Mapping[str, str] | None = None) -> Program:
    """Describe the proxy that gives the deployed API its short address.

    Args:
        live: what it is told of the function that streams, by its options; none: everything goes upstream.
    """
    told = [word for name, value in (live or {}).items() for word in (f"--{name}", value)]
    return Program(
        "edge",
        (PYTHON, "-m", "sluice.local.edge", "--port", "{port}", "--upstream", upstream, *told),
        "/_edge/health",
        {**_bare_environment(), "PYTHONPATH": PYTHONPATH, "PYTHONUNBUFFERED": "1"},
        tuple(ROOT / "sluice" / "local" / name for name in ("edge.py", "failure.py", "live.py", "runtime")),
    )


def digest_of(sources: Iterable[Path]) -> str:
    """Return one digest of files and of all files in folders, their names included."""
    digest = hashlib.sha256()
    for source in sources:
        files = sorted(source.rglob("*")) if source.is_dir() else [source]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(source.parent)}\0".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()


def _bare_environment() -> dict[str, str]:
    wanted = ("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "HOME")
    return {name: os.environ[name] for name in wanted if name in os.environ}
