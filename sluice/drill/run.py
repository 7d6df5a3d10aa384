"""A drill as it passes: phases one after the other, and a thread for each caller."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Event, Thread
from typing import Any

import httpx

from sluice.drill.course import Course, Phase
from sluice.drill.result import NO_ANSWER, NO_END, Caller, Result, Window
from sluice.drill.sandbox import Sandbox
from sluice.errors import Refused

# A caller looks again after this long, then after growing pauses: the local stack is no fast one.
LOOK_S, LOOK_MAX_S, LOOK_GROWTH = 0.7, 4.0, 1.3
_TICK_S = 0.2
# For calls that are under way when a drill is ended early.
_GOODBYE_S = 5.0

Tell = Callable[[str, list[Caller]], object]


class Run:
    """One drill.

    Args:
        gateway: a client with the gateway's address and a caller's key.
        tell: told a few times a second what goes on, and all callers so far.
    """

    def __init__(self, course: Course, gateway: httpx.Client, sandbox: Sandbox, tell: Tell) -> None:
        self._course, self._gateway, self._sandbox, self._tell = course, gateway, sandbox, tell
        self._callers: list[Caller] = []
        self._threads: list[Thread] = []
        self._windows: list[Window] = []
        self._stop = Event()

    def go(self) -> None:
        """Run all phases and see every caller through; whatever ends it early, nothing stays broken."""
        try:
            for index, phase in enumerate(self._course.phases):
                self._await_victims(phase)
                self._pass(index, phase)
            self._await(lambda caller: True, "the last callers")
        finally:
            self._stop.set()
            self._sandbox.heal()
            until = time.monotonic() + _GOODBYE_S
            for thread in self._threads:
                thread.join(max(0.0, until - time.monotonic()))

    def result(self, *, cut: bool) -> Result:
        """Sum up what there is."""
        now = time.time()
        windows = tuple(replace(window, to_s=min(window.to_s, now)) for window in self._windows)
        try:
            billed = self._sandbox.billed_since(windows[0].from_s if windows else now)
        except Refused:  # that the stack is gone is told already
            billed = []
        return Result(self._course, windows, tuple(self._callers), tuple(billed), cut)

    def _pass(self, index: int, phase: Phase) -> None:
        begun, pause_s = time.time(), 60 / self._course.order.rpm
        self._windows.append(Window(phase, begun, begun + phase.seconds))
        self._sandbox.break_(phase.broken, self._course.order.fault, phase.seconds)
        for number in range(max(1, round(phase.seconds / pause_s))):
            self._sleep_until(begun + number * pause_s, phase.name)
            self._callers.append(Caller(time.time(), index))
            thread = Thread(target=self._see_through, args=(len(self._callers) - 1,), daemon=True)
            self._threads.append(thread)
            thread.start()
        self._sleep_until(begun + phase.seconds, phase.name)
        self._sandbox.heal()

    def _await_victims(self, phase: Phase) -> None:
        """Let whoever has lost one provider find the next before that one breaks too."""
        if not phase.broken:
            return
        lonely, phases = not self._course.leaves_some(phase), self._course.phases
        self._await(
            lambda caller: lonely or bool(phases[caller.phase].broken), f"callers before {phase.name}"
        )

    def _await(self, matters: Callable[[Caller], bool], whom: str) -> None:
        while any(matters(caller) and not caller.over for caller in self._callers):
            self._sleep_until(time.time() + _TICK_S, f"waiting for {whom}")

    def _sleep_until(self, at: float, what: str) -> None:
        while (left_s := at - time.time()) > 0:
            self._tell(what, self._callers)
            time.sleep(min(left_s, _TICK_S))

    def _see_through(self, number: int) -> None:
        for caller in self._seen(self._callers[number]):
            self._callers[number] = caller

    def _seen(self, caller: Caller) -> Iterator[Caller]:
        """Ask, then look after the job until it has ended; yield what is known whenever more is known."""
        body = {"model": self._course.model, "input": self._course.parameters}
        status, job = self._call("POST", "/v1/jobs", json=body, headers={"prefer": "respond-async"})
        if "id" in job:
            caller = replace(caller, answer=status, job=job)
        else:
            caller = replace(caller, answer=status, refusal=_code(status, job))
        yield caller
        pause_s = LOOK_S
        while not caller.over and not self._stop.wait(pause_s):
            status, job = self._call("GET", f"/v1/jobs/{caller.job['id']}")
            if status == httpx.codes.OK:
                caller = replace(caller, job=job)
            if not caller.over and time.time() > caller.asked_at + self._course.patience_s:
                caller = replace(caller, refusal=NO_END)
            yield caller
            pause_s = min(LOOK_MAX_S, pause_s * LOOK_GROWTH)

    def _call(self, method: str, path: str, **more: Any) -> tuple[int, dict[str, Any]]:
        """Return status and JSON of an answer; 0 where none came, an empty document where it is none."""
        try:
            answer = self._gateway.request(method, path, **more)
        except httpx.HTTPError:
            return 0, {}
        try:
            found = answer.json()
        except ValueError:
            return answer.status_code, {}
        return answer.status_code, found if isinstance(found, dict) else {}


def _code(status: int, document: dict[str, Any]) -> str:
    if not status:
        return NO_ANSWER
    error = document.get("error")
    return str(error["code"]) if isinstance(error, dict) and "code" in error else f"http_{status}"
