"""What to run: a function's package and settings, given or as they are deployed."""

import io
import os
import sys
import urllib.request
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_TASK_ROOT = "/var/task"
_WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"


@dataclass(frozen=True, slots=True)
class Function:
    """A function as Lambda would run it.

    Args:
        handler: module and name, with a dot between.
        settings: its own variables; those of the Runtime API come on top.
        python: the interpreter that stands for Lambda's.
        loop: what Lambda would start with it, for a function that brings no script of its own.
    """

    package: Path
    handler: str
    settings: Mapping[str, str] = field(default_factory=dict)
    memory_mb: int = 512
    timeout_s: float = 30
    name: str = "function"
    python: Path = Path(sys.executable)
    loop: tuple[str, ...] = ("-m", "awslambdaric", "{handler}")

    @property
    def arn(self) -> str:
        """Return a name in the form that functions are told of themselves."""
        return f"arn:aws:lambda:us-east-1:000000000000:function:{self.name}"

    def command(self) -> list[str]:
        """Return what starts it; a script of its own gets the command that it stands in for, as on Lambda."""
        own = [str(self.python), *(word.replace("{handler}", self.handler) for word in self.loop)]
        script = self.settings.get(_WRAPPER, "")
        return [script.replace(_TASK_ROOT, str(self.package), 1), *own] if script else own

    def environment(self, api: str) -> dict[str, str]:
        """Return its environment: nothing of ours but the path."""
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(self.package),
            "LAMBDA_TASK_ROOT": str(self.package),
            "AWS_LAMBDA_RUNTIME_API": api,
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory_mb),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "_HANDLER": self.handler,
            **self.settings,
        }


def deployed(client: Any, name: str, settings: Mapping[str, str], folder: Path) -> Function:
    """Fetch a function as it is deployed, unpacked under ``folder``.

    Args:
        client: of Lambda.
        settings: what it needs to find the emulator.
    """
    found = client.get_function(FunctionName=name)
    said = found["Configuration"]
    package = folder / "".join(letter for letter in said["CodeSha256"] if letter.isalnum())[:24]
    if not package.is_dir():
        with urllib.request.urlopen(found["Code"]["Location"]) as answer:  # noqa: S310  # the emulator's own
            _unpack(answer.read(), package)
    return Function(
        package=package,
        handler=said["Handler"],
        settings={**said["Environment"]["Variables"], **settings},
        memory_mb=said["MemorySize"],
        timeout_s=said["Timeout"],
        name=name,
    )


def _unpack(archive: bytes, package: Path) -> None:
    """Unpack with the files' modes, as Lambda does; the directory is there once it is whole."""
    new = package.with_suffix(f".{os.getpid()}")
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        for each in files.infolist():
            path = Path(files.extract(each, new))
            mode = each.external_attr >> 16 & 0o777
            if mode and path.is_file():
                path.chmod(mode)
    new.rename(package)
