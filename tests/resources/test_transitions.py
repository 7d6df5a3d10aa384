"""How many transitions a job takes, which is what is billed: the real definition, walked state by state."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from gateway.flow.ports import Ports
from infra.resources.machine import definition
from tests.builders import answer, make_job, make_ports, shipped_plan
from tests.flow import functions, steps

MOST = 20
FOUR_MINUTES_S = 240
VEO = "google/veo-3.1-generate-001"
KLING = "kling/kling-v3"
KLING_RUNS = answer({"code": 0, "data": {"task_id": "k1", "task_status": "processing"}})
KLING_ANSWERS = (steps.KLING_ACCEPTED, KLING_RUNS, steps.KLING_DONE)
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
    called: bool = False

    def run(self) -> list[str]:
        """Go from the first state to the last."""
        machine = definition()
        name, said = machine["StartAt"], {}
        while name:
            self.entered.append(name)
            state = machine["States"][name]
            if state["Type"] == "Task" and name != "Listen":
                said = self._task(name)
            if state["Type"] == "Wait":
                self._wait(said)
            if name == "Listen":
                self._listen(said)
            name = _choice(state, said) if state["Type"] == "Choice" else state.get("Next")
        return self.entered

    def _task(self, name: str) -> dict[str, Any]:
        tasks: dict[str, Callable[[], dict[str, Any]]] = {
            "Route": lambda: functions.route(self.ports, self.job),
            "Start": self._start,
            "Check": lambda: functions.check(self.ports, self.job, self.slot["attempt"], self.called),
            "Deliver": lambda: functions.fetch(self.ports, self.job),
            "Settle": lambda: {"status": functions.settle(self.ports, self.job, lost=False).status},
        }
        said = tasks[name]()
        if name == "Route":
            self.slot = said
        return said

    def _listen(self, said: dict[str, Any]) -> None:
        """Wait for a provider that calls when it is done."""
        left_s = self.ports.wire.done_at - self.ports.now()  # type: ignore[attr-defined]
        self.called = left_s < said["after_s"]
        self.ports.sleep(max(0, left_s) if self.called else said["after_s"])

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
class Slow:
    """A wire to a provider that takes its time."""

    clock: Callable[[], float]
    takes_s: float
    answers: tuple[Any, Any, Any] = (steps.VEO_ACCEPTED, steps.VEO_RUNNING, steps.VEO_DONE)
    done_at: float = 0

    def send(self, request: Any, deadline_s: float) -> Any:
        """Accept a start, and be done when it is time."""
        if request.method == "POST":
            self.done_at = self.clock() + self.takes_s
            return self.answers[0]
        return self.answers[2 if self.clock() >= self.done_at else 1]

    def stream(self, request: Any, deadline_s: float) -> Any:
        """Bring the film."""
        return make_ports({"GET ": [steps.a_file()]}).wire.stream(request, deadline_s)


def transitions(usual_s: float, takes_s: float, model: str = VEO, *answers: Any) -> list[str]:
    """Run a job that takes so long, where it is known to take about ``usual_s``."""
    plan = shipped_plan()
    slow = replace(plan.models[model], usual_s=usual_s)
    ports = make_ports({}, replace(plan, models=plan.models | {model: slow}))
    ports = replace(ports, wire=Slow(ports.now, takes_s, *answers))
    job = make_job(ports, model)
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


@pytest.mark.parametrize("takes_s", [2, FOUR_MINUTES_S, 10 * 60])
def test_where_the_provider_calls_one_look_is_enough(takes_s: float) -> None:
    """However long it takes, unless it takes far longer than usual."""
    entered = transitions(FOUR_MINUTES_S, takes_s, KLING, (*KLING_ANSWERS,))

    looks = 1 if takes_s <= FOUR_MINUTES_S else 3
    assert entered.count("Check") == entered.count("Listen") == looks
    assert len(entered) == 9 + 3 * looks


@pytest.mark.parametrize("model", [n for n, m in shipped_plan().models.items() if m.usual_s >= 60])
def test_every_slow_model_keeps_to_it_when_it_takes_its_usual_time(model: str) -> None:
    """From one minute to the longest that the catalogue knows."""
    usual_s = shipped_plan().models[model].usual_s

    assert len(transitions(usual_s, usual_s)) <= MOST
