"""Keeps programs running between two commands: reuses what is alive and unchanged, starts the rest."""

import http.client
import time
from dataclasses import dataclass, field
from pathlib import Path

from sluice.errors import Refused
from sluice.local import interrupt, process, state
from sluice.local.port import HOST, free_port, is_free
from sluice.local.program import Program
from sluice.local.state import Running, State

READY_S = 40.0


@dataclass(slots=True)
class Services:
    """The programs of one state folder.

    Args:
        begun: names of what this command started, which is what a failure stops.
    """

    folder: Path
    state: State
    begun: list[str] = field(default_factory=list)

    def begin(self, program: Program, port: int | None = None) -> bool:
        """Start a program unless the very same one runs already; True if it is a new one.

        Args:
            port: where it must listen; None keeps the port of last time if it is free, else takes any.
        """
        running = self.state.services.get(program.name)
        if running and self._reusable(running, program, port):
            return False
        self.stop(program.name)
        chosen = port or (running.port if running and is_free(running.port) else free_port())
        argv = [word.replace("{port}", str(chosen)) for word in program.argv]
        settings = {name: value.replace("{port}", str(chosen)) for name, value in program.environment.items()}
        with interrupt.held():  # no program may run that the state does not know
            started = process.spawn(argv, settings, self.log(program.name))
            self.begun.append(program.name)
            self.state.services[program.name] = Running(started, chosen, program.code)
            state.save(self.folder, self.state)
        return True

    def wait(self, program: Program) -> str:
        """Wait until a program answers; its URL.

        Raises:
            Refused: it ended, or did not answer in time.
        """
        running, log = self.state.services[program.name], self.log(program.name)
        deadline = time.monotonic() + READY_S
        while not _answers(running.port, program.ready):
            if not process.alive(running.process):
                raise Refused(f"the {program.name} ended while starting.", log=log)
            if time.monotonic() > deadline:
                raise Refused(f"the {program.name} gave no answer within {READY_S:.0f} s.", log=log)
            time.sleep(0.03)
        return f"http://{HOST}:{running.port}"

    def stop(self, name: str) -> bool:
        """End a program if it is ours and runs; True if it did."""
        running = self.state.services.pop(name, None)
        ended = running is not None and process.stop(running.process)
        if running:
            state.save(self.folder, self.state)
        return ended

    def stop_begun(self) -> None:
        """End what this command started, newest first."""
        for name in reversed(self.begun):
            self.stop(name)

    def log(self, name: str) -> Path:
        """Return where a program's output goes."""
        return self.folder / "logs" / f"{'ministack' if name == 'emulator' else name}.log"

    def _reusable(self, running: Running, program: Program, port: int | None) -> bool:
        same = running.code == program.code and port in (None, running.port)
        return same and process.alive(running.process) and _answers(running.port, program.ready)


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
