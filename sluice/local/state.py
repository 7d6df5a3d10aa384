"""What runs here, remembered in ``<state>/state.json``, and the lock that lets one `up` work at a time."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sluice.errors import Refused
from sluice.local import process
from sluice.local.process import Process

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Running:
    """One background service.

    Args:
        code: digest of what it runs; another digest means that it must be started anew.
    """

    process: Process
    port: int
    code: str

    @property
    def pid(self) -> int:
        """Return the process id, which is the id of its group too."""
        return self.process.pid


@dataclass(slots=True)
class State:
    """Everything that `down` and the next `up` must know.

    Args:
        deployed: fingerprint of what the stack was made from; empty means that nothing is deployed.
        context: what the app was told.
        keys: tier (or ``admin``) -> the key's text.
    """

    services: dict[str, Running] = field(default_factory=dict)
    endpoint_url: str = ""
    base_url: str = ""
    stack: str = ""
    deployed: str = ""
    context: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)


def is_alive(running: Running) -> bool:
    """Tell whether a service still runs."""
    return process.alive(running.process)


def load(folder: Path) -> State:
    """Read the state; an unreadable or foreign file counts as none, because nothing in it can be trusted."""
    try:
        stored = json.loads((folder / "state.json").read_text())
        if stored.pop("version") != _VERSION:
            return State()
        stored["services"] = {name: _running(entry) for name, entry in stored["services"].items()}
        return State(**stored)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return State()


def save(folder: Path, state: State) -> None:
    """Write the state at once and whole, readable to its owner only: it holds keys of the local stack."""
    write_private(folder / "state.json", json.dumps({"version": _VERSION, **asdict(state)}, indent=1))


def write_private(path: Path, text: str) -> None:
    """Replace a file in one go, readable to its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    new.replace(path)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder for one command.

    Raises:
        Refused: another command works on it right now.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            who = file.read().strip() or "unknown"
            raise Refused(
                f"another `sluice` is at work on {folder} (pid {who}). Wait until it is done."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _running(entry: dict[str, Any]) -> Running:
    return Running(Process(**entry["process"]), int(entry["port"]), str(entry["code"]))
