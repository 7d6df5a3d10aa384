"""How many transitions a job takes, which is what is billed: the real definition, walked state by state."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from gateway.flow.ports import Ports
from infra.resources.machine import definition
from tests.builders import make_job, make_ports, shipped_plan
from tests.flow import functions, steps

MOST = 20
FOUR_MINUTES_S = 240
VEO = "google/veo-3.1-generate-001"
CONDITION = re.compile(r"{% \$(?:slot|states\.input)\.(\w+) = '?(\w+)'? %}")


@dataclass
class Walk:
    """One execution of the definition over the flow's own functions; a choice reads the latest answer.

    Args:
        entered: the states, in order: each is a transition.
    """

    ports: Ports
    job: str
    entered: list[str] = field(default_factory=list)
    slot: dict[str, Any] = field(default_factory=dict)

    def run(self) -> list[str]:
        """Go from the first state to the last."""
        machine = definition()
        name, said = machine["StartAt"], {}
        while name:
            self.entered.append(name)
            state = machine["States"][name]
            if state["Type"] == "Task":
                said = self._task(name)
            if state["Type"] == "Wait":
                self._wait(said)
            name = _choice(state, said) if state["Type"] == "Choice" else state.get("Next")
        return self.entered

    def _task(self, name: str) -> dict[str, Any]:
        tasks: dict[str, Callable[[], dict[str, Any]]] = {
            "Route": lambda: functions.route(self.ports, self.job),
            "Start": self._start,
            "Check": lambda: functions.check(self.ports, self.job, self.slot["attempt"]),
            "Deliver": lambda: functions.fetch(self.ports, self.job),
            "Settle": lambda: {"status": functions.settle(self.ports, self.job, lost=False).status},
        }
        said = tasks[name]()
        if name == "Route":
            self.slot = said
        return said

    def _start(self) -> dict[str, Any]:
        functions.start(self.ports, {"job": self.job, "attempt": self.slot["attempt"], "token": "t"})
        return dict(self.ports.tokens.answered["t"])  # type: ignore[attr-defined]

    def _wait(self, said: dict[str, Any]) -> None:
        self.ports.sleep(max(1, said["after_s"]) if "after_s" in said else 0)


def _choice(state: dict[str, Any], said: dict[str, Any]) -> str:
    for choice in state["Choices"]:
        found = CONDITION.fullmatch(choice["Condition"])
        assert found, choice
        if str(said.get(found[1])).lower() == found[2]:
            return str(choice["Next"])
    return str(state["Default"])


@dataclass
class Veo:
    """A wire to a Veo that takes its time."""

    clock: Callable[[], float]
    takes_s: float
    done_at: float = 0

    def send(self, request: Any, deadline_s: float) -> Any:
        """Accept a start, and be done when it is time."""
        if request.method == "POST":
            self.done_at = self.clock() + self.takes_s
            return steps.VEO_ACCEPTED
        return steps.VEO_DONE if self.clock() >= self.done_at else steps.VEO_RUNNING

    def stream(self, request: Any, deadline_s: float) -> Any:
        """Bring the film."""
        return make_ports({"GET files": [steps.a_file()]}).wire.stream(request, deadline_s)


def transitions(usual_s: float, takes_s: float) -> list[str]:
    """Run a Veo job that takes so long, where it is known to take about ``usual_s``."""
    plan = shipped_plan()
    slow = replace(plan.models[VEO], usual_s=usual_s)
    ports = make_ports({}, replace(plan, models=plan.models | {VEO: slow}))
    ports = replace(ports, wire=Veo(ports.now, takes_s))
    job = make_job(ports, VEO)
    entered = Walk(ports, job.id).run()
    assert functions.read(ports, job.id).status == "succeeded"
    return entered


def test_a_video_of_four_minutes_takes_at_most_twenty_transitions(record_property: Any) -> None:
    """The first look comes shortly before its usual end, and then one every half minute."""
    entered = transitions(FOUR_MINUTES_S, FOUR_MINUTES_S)

    record_property(
        "shown", f"a video of four minutes: {len(entered)} transitions, {entered.count('Check')} looks"
    )
    assert len(entered) <= MOST


@pytest.mark.parametrize("model", [n for n, m in shipped_plan().models.items() if m.usual_s >= 60])
def test_every_slow_model_keeps_to_it_when_it_takes_its_usual_time(model: str) -> None:
    """From one minute to the longest that the catalogue knows."""
    usual_s = shipped_plan().models[model].usual_s

    assert len(transitions(usual_s, usual_s)) <= MOST
