"""Whole jobs on a stage: api, workflow, queues, pump and sweeper as they are wired, each dying now and then.

Every message of a queue comes twice. The workflow retries and catches as ``infra.resources.machine`` says.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import Any, TypeVar

from gateway.domain.job import Job
from gateway.errors import Clash, Conflict, RateLimited
from gateway.flow import cancel, sweep
from gateway.flow.attempt import Busy
from gateway.flow.ports import Ports
from gateway.flow.pump import pump
from gateway.plan import Plan
from tests.builders import CALLER, make_ports
from tests.flow import functions
from tests.flow.cast import Cast
from tests.flow.stage import Killed, Life, Mortal, Stage

CLOUD = ("jobs", "repeats", "ledger", "pacers", "queue", "leases", "circuits")
MORE = ("bell", "tokens", "secrets", "artifacts", "wire", "workflow", "webhooks", "deliveries", "courier")
PORTS = (*CLOUD, *MORE)
RETRIES, SETTLE_RETRIES, RECEIVES = 4, 6, 3
VISIBLE_AFTER_S, BELL_VISIBLE_AFTER_S, ROUND_S, QUEUE_S = 150, 120, 60, 86_400
# After a step of an accepted attempt broke for good; how long a paid result is brought home after its time.
PAUSE_S, DELIVERY_S = 60, 3600
BROKEN = (Killed, Conflict, Busy)
Answer = TypeVar("Answer")


class Lost(Exception):
    """A step of the workflow broke more often than it is tried."""


@dataclass
class Play:
    """One run: what is on the stage, and what happened.

    Args:
        danger: how likely it is that a process dies at a moment.
        mercy: whether the last try of a step lives.
        lost: jobs of which a step broke as often as it is tried.
    """

    stage: Stage
    plan: Plan
    danger: float
    mercy: bool = True
    letters: list[dict[str, Any]] = field(default_factory=list)
    executions: dict[str, bool] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    deaths: int = 0

    def __post_init__(self) -> None:
        """Put the fakes on the stage's clock."""
        self.cast = Cast(self.stage, lambda job_id: self._read(job_id).attempt.n)
        self.ports = replace(
            make_ports({}, self.plan),
            wire=self.cast,
            bell=self,
            workflow=self,
            now=self.stage.now,
            sleep=self.stage.rest,
            random=self.stage.random.randbytes,
        )

    def run(self, calls: list[tuple[str, dict[str, Any], float]], cancels: bool) -> None:
        """Let callers ask, and play until all is quiet."""
        for call in calls:
            self.stage.enter(partial(self._call, *call), self._draw(3))
        if cancels:
            self.stage.enter(self._cancel, self._draw(60))
        self.stage.enter(self._sweeper, ROUND_S)
        self.stage.play()

    def jobs(self) -> list[Job]:
        """Return the jobs as they stand."""
        return list(self.ports.jobs.items.values())  # type: ignore[attr-defined]

    @property
    def told(self) -> set[str]:
        """Name the jobs whose webhook is being told."""
        return {job_id for _, job_id, *_ in self.ports.courier.begun}  # type: ignore[attr-defined]

    def start(self, tenant: str, job_id: str) -> None:
        """Begin a job's execution, once."""
        self._begin(job_id, job_id)

    def again(self, tenant: str, job_id: str) -> str:
        """Begin a further one."""
        name = f"{job_id}-{2 + sum(known.startswith(f'{job_id}-') for known in self.executions)}"
        self._begin(name, job_id)
        return name

    def ring(self, pool: str, after_s: float = 0) -> None:
        """Send a bell."""
        self._send(lambda ports: pump(ports, pool), BELL_VISIBLE_AFTER_S, after_s)

    def _call(self, model: str, body: dict[str, Any], wait_s: float) -> None:
        before = {job.id for job in self.jobs()}

        def called(ports: Ports) -> None:
            functions.call(replace(ports, jobs=_Named(ports.jobs, self.stage)), model, body, wait_s)

        try:
            self._process(called)
        except RateLimited:
            assert before  # somebody else has the place

    def _cancel(self) -> None:
        """Cancel the first job as its caller does: again when nothing came back."""
        while True:
            job_id = min((job.id for job in self.jobs()), default="")
            try:
                return job_id and self._process(partial(_canceled, job_id=job_id)) and None
            except Clash:
                return None
            except BROKEN:
                self.stage.rest(self._draw(10))

    def _execution(self, name: str, job_id: str) -> None:
        """Go along the state machine; what cannot be settled breaks, and the sweeper hears of it."""
        lost = False
        try:
            self._along_the_chain(job_id)
        except Lost:
            lost = True
            self.lost.add(job_id)
        try:
            self._step(partial(functions.settle, job_id=job_id, lost=lost), SETTLE_RETRIES)
        except Lost:
            self.lost.add(job_id)
            self._receive(partial(functions.broke, job_id=job_id, execution=name), ROUND_S)
        self.executions[name] = False

    def _along_the_chain(self, job_id: str) -> None:
        while (slot := self._slot(job_id))["outcome"] == "go":
            self.stage.rest(max(0, self._read(job_id).attempt.slot_at - self.stage.at))
            told = self._started(job_id, slot)
            while told["outcome"] in ("pending", "listen", "done"):
                if told["outcome"] != "done":
                    called = told["outcome"] == "listen" and self._called(told["after_s"])
                    self.stage.rest(0 if called else told["after_s"])
                    told = self._looked_after(
                        partial(functions.check, job_id=job_id, n=slot["attempt"], called=called), slot
                    )
                else:
                    told = self._looked_after(partial(functions.fetch, job_id=job_id), slot, DELIVERY_S)
            if told["outcome"] == "overdue":
                self._route(job_id, overdue=True)
                continue
            if told["outcome"] != "next":
                return

    def _called(self, after_s: float) -> bool:
        """Hear the provider at some moment, done or not; every third call is lost."""
        if self.stage.random.random() < 1 / 3:
            return False
        self.stage.rest(self._draw(after_s))
        return True

    def _looked_after(
        self, work: Callable[[Ports], dict[str, Any]], slot: dict[str, Any], more_s: float = 0
    ) -> dict[str, Any]:
        """Take a look that breaks again, with pauses, until the attempt's time is over."""
        while True:
            try:
                return self._step(work)
            except Lost:
                self.stage.rest(PAUSE_S)
            if self.stage.at * 1000 >= slot["until_ms"] + more_s * 1000:
                if more_s:
                    raise Lost
                return {"outcome": "overdue"}

    def _slot(self, job_id: str) -> dict[str, Any]:
        """Route, and wait in the queue of a full pool."""
        slot: dict[str, Any] = {"outcome": "again"}
        while slot["outcome"] == "again":
            slot = self._route(job_id)
            if slot["outcome"] == "queue":
                token = f"queue-{self.stage.random.random()}"
                self._step(partial(functions.queue, job_id=job_id, hop=slot["hop"], token=token))
                slot = self._answer(token, QUEUE_S)
        return slot

    def _route(self, job_id: str, *, overdue: bool = False) -> dict[str, Any]:
        """Route, which is told how often it was tried before."""
        tries = count()
        return self._step(lambda ports: functions.route(ports, job_id, overdue=overdue, retries=next(tries)))

    def _started(self, job_id: str, slot: dict[str, Any]) -> dict[str, Any]:
        """Send the start's message and wait for a worker's word."""
        message = {"job": job_id, "attempt": slot["attempt"], "token": f"start-{self.stage.random.random()}"}
        self._send(partial(functions.start, message=message), VISIBLE_AFTER_S, letter=message, about=job_id)
        return self._answer(message["token"], slot["timeout_s"])

    def _sweeper(self) -> None:
        """Make its round each minute, until nothing is left to see to."""
        while self._busy():
            for tenant, job_id in self.ports.jobs.due(self.stage.at):
                self._tried(partial(sweep.see_to, tenant=tenant, job_id=job_id))
            for pool in self.ports.queue.pools():
                self.ring(pool)
            for letter in list(self.letters):
                if self._tried(partial(functions.bury, message=letter)):
                    self.letters.remove(letter)
            self.stage.rest(ROUND_S)

    def _step(self, work: Callable[[Ports], Answer], retries: int = RETRIES) -> Answer:
        """Run a step of the workflow; one that breaks is tried again after a pause."""
        for again in range(retries + 1):
            try:
                return self._process(work, safe=self.mercy and again == retries)
            except BROKEN:
                self.stage.rest(self._draw(2 * 2**again))
        raise Lost

    def _send(
        self,
        work: Callable[[Ports], Any],
        visible_after_s: float,
        after_s: float = 0,
        letter: dict[str, Any] | None = None,
        about: str = "",
    ) -> None:
        """Put a message into a queue: it comes twice, and each of them again while its function dies."""

        def receive() -> None:
            if not self._receive(work, visible_after_s) and letter:
                self.letters.append(letter)

        again_s = self.stage.random.choice((0, self._draw(10), self._draw(200)))
        for late_s in (0, again_s):
            self.stage.enter(receive, after_s + late_s, about)

    def _receive(self, work: Callable[[Ports], Any], visible_after_s: float) -> bool:
        for _ in range(RECEIVES):
            if self._tried(work):
                return True
            self.stage.rest(visible_after_s)
        return False

    def _tried(self, work: Callable[[Ports], Any]) -> bool:
        try:
            self._process(work)
        except BROKEN:
            return False
        return True

    def _process(self, work: Callable[[Ports], Answer], *, safe: bool = False) -> Answer:
        """Run a function in a process that may die at any moment; also after its work, with its answer."""
        life = Life(self.stage, 0 if safe else self.danger)
        mortal = {name: Mortal(getattr(self.ports, name), life) for name in PORTS}
        try:
            answer = work(replace(self.ports, **mortal, sleep=life.moment))
            life.moment()
        except Killed:
            self.deaths += 1
            raise
        return answer

    def _answer(self, token: str, timeout_s: float) -> dict[str, Any]:
        """Wait for a task's token."""
        until = self.stage.at + timeout_s
        answered: dict[str, dict[str, Any]] = self.ports.tokens.answered  # type: ignore[attr-defined]
        while token not in answered:
            if self.stage.at > until:
                raise Lost
            self.stage.rest(2)
        return answered[token]

    def _begin(self, name: str, job_id: str) -> None:
        if name not in self.executions:
            self.executions[name] = True
            self.stage.enter(partial(self._execution, name, job_id), about=job_id)

    def _busy(self) -> bool:
        waiting, working = self.ports.queue.pools(), any(self.executions.values())
        return bool(waiting or working or self.letters) or any(not j.ended or j.untold for j in self.jobs())

    def _read(self, job_id: str) -> Job:
        return next(job for job in self.jobs() if job.id == job_id)

    def _draw(self, most_s: float) -> float:
        return self.stage.random.uniform(0, most_s)


class _Named:
    """The jobs of a call; the job that it makes is what its actor works on from there on."""

    def __init__(self, jobs: Any, stage: Stage) -> None:
        self._jobs, self._stage = jobs, stage

    def create(self, job: Job) -> None:
        """Store a new job."""
        self._jobs.create(job)
        self._stage.about = job.id

    def __getattr__(self, name: str) -> Any:
        return getattr(self._jobs, name)


def _canceled(ports: Ports, job_id: str) -> bool:
    cancel.cancel(ports, CALLER.tenant, job_id)
    return True
