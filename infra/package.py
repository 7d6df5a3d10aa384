"""The one package of all functions: sources, locked wheels, the plan, the API's document; without Docker.

Every step goes to a directory named by the digest of what it is made from, so an unchanged step is skipped,
and a directory that exists is whole: it is built elsewhere and renamed.
"""

import hashlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

LAMBDA_PYTHON = "3.14"
LAMBDA_PLATFORM = "manylinux2014_aarch64"
KEPT = 5

# What installers leave behind; METADATA and licences stay, they are part of what we pass on.
_CLUTTER = ("bin", "share", ".lock", "**/*.pyi", "**/py.typed", "**/tests", "**/test", "**/docs",
            "*.dist-info/RECORD", "*.dist-info/INSTALLER", "*.dist-info/REQUESTED", "*.dist-info/WHEEL",
            "*.dist-info/direct_url.json")  # fmt: skip

_log = logging.getLogger(__name__)


class PackageFailed(RuntimeError):
    """A tool that the package needs did not do its part."""


@dataclass(frozen=True, slots=True)
class _Interpreter:
    """Whom the wheels are for, and who can compile for it here, if anybody."""

    name: str
    install: tuple[str, ...]
    compiler: str | None


def build(target: str, plan: bytes, openapi: bytes, root: Path, out: Path) -> Path:
    """Build the package, or find it built; the name of the returned directory is its content's hash.

    Args:
        target: ``aws`` or ``local``; local means the interpreter and the machine that run this.
        root: the directory that holds ``functions`` and ``requirements``.
        out: where packages and their cached parts are kept.

    Raises:
        PackageFailed: when wheels cannot be installed or sources do not compile.
    """
    interpreter = _lambda() if target == "aws" else _host()
    dependencies = _dependencies(interpreter, root / "requirements" / "functions.txt", out)
    sources = root / "functions" / "gateway"
    files = {"plan.json": plan, "openapi.json": openapi}
    digest = _digest(dependencies.name.encode(), *_content(sources), *files.values())

    def fill(package: Path) -> None:
        # Links, not copies: nothing is ever changed in place, and a new plan costs no 20 MB.
        shutil.copytree(dependencies, package, dirs_exist_ok=True, copy_function=os.link)
        shutil.copytree(sources, package / "gateway", ignore=shutil.ignore_patterns("__pycache__"))
        _compile(interpreter, package / "gateway", "/var/task/gateway")
        for script in (package / "gateway").rglob("*.sh"):
            script.chmod(0o755)  # whatever the checkout made of it
        for name, content in files.items():
            (package / name).write_bytes(content)

    if not interpreter.compiler:
        _log.warning("no python%s here: the package has no bytecode, cold starts are slower", LAMBDA_PYTHON)
    package = _once(out / f"package-{target}-{digest}", fill)
    _forget(out.glob(f"package-{target}-*"))
    return package


def _lambda() -> _Interpreter:
    """Lambda's interpreter: its wheels can be fetched anywhere, bytecode needs the same version here."""
    install = (
        "--platform",
        LAMBDA_PLATFORM,
        "--python-version",
        LAMBDA_PYTHON,
        "--implementation",
        "cp",
    )
    found = shutil.which(f"python{LAMBDA_PYTHON}")
    # A pyenv shim is found too, and fails when asked.
    works = found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0  # noqa: S603  # our own look-up
    return _Interpreter(f"{LAMBDA_PLATFORM}-{LAMBDA_PYTHON}", install, found if works else None)


def _host() -> _Interpreter:
    """The interpreter that runs this, which is the emulator's too."""
    name = f"{sys.platform}-{os.uname().machine}-{sys.implementation.cache_tag}"
    return _Interpreter(name, (), sys.executable)


def _dependencies(interpreter: _Interpreter, requirements: Path, out: Path) -> Path:
    """Install the locked wheels for an interpreter, stripped and compiled."""
    how = repr((interpreter.name, interpreter.install, interpreter.compiler is not None, _CLUTTER))
    digest = _digest(how.encode(), requirements.read_bytes())

    def fill(layer: Path) -> None:
        # Not uv, which is quicker: this happens once, and pip knows its user's mirrors and certificates.
        install = (
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-compile",
            "--disable-pip-version-check",
        )
        locked = ("--require-hashes", "--only-binary", ":all:", "--requirement", str(requirements))
        _run(*install, *interpreter.install, "--target", str(layer), *locked)
        for clutter in [path for pattern in _CLUTTER for path in layer.glob(pattern)]:
            shutil.rmtree(clutter) if clutter.is_dir() else clutter.unlink(missing_ok=True)
        _compile(interpreter, layer, "/var/task")

    return _once(out / f"dependencies-{digest}", fill)


def _compile(interpreter: _Interpreter, directory: Path, place: str) -> None:
    """Write bytecode that is never checked against its source, because nobody edits a package."""
    if interpreter.compiler:
        _run(interpreter.compiler, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash",
             "-s", str(directory), "-p", place, str(directory))  # fmt: skip


def _once(path: Path, fill: Callable[[Path], None]) -> Path:
    """Fill a directory under another name and rename it; whoever comes second takes the first one's."""
    if path.is_dir():
        path.touch()
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix="new-", ignore_cleanup_errors=True) as place:
        new = Path(place) / path.name
        new.mkdir()
        fill(new)
        try:
            new.rename(path)
        except OSError:
            if not path.is_dir():
                raise
    return path


def _forget(packages: Iterable[Path]) -> None:
    """Remove all but those used last; not all but one, because others may be deploying theirs just now."""
    for package in sorted(packages, key=_used_at, reverse=True)[KEPT:]:
        shutil.rmtree(package, ignore_errors=True)


def _used_at(path: Path) -> float:
    """Return when a package was used last; one that somebody else removed meanwhile is the oldest."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0


def _content(directory: Path) -> list[bytes]:
    files = sorted(path for path in directory.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return [part for path in files for part in (str(path.relative_to(directory)).encode(), path.read_bytes())]


def _digest(*parts: bytes) -> str:
    hashes = (hashlib.sha256(part).digest() for part in parts)
    return hashlib.sha256(b"".join(hashes)).hexdigest()[:24]


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # commands are our own
    if done.returncode:
        raise PackageFailed(f"{' '.join(command[:6])} ... failed:\n{(done.stderr or done.stdout).strip()}")
