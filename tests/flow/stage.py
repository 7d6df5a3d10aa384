"""Many actors on one virtual clock: one acts at a time, who is next is drawn, and each may die."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.fakes.clock import START

LONGEST_S = 8 * 3600
# Threads that wait to act, for all stages of a test run.
_WINGS = ThreadPoolExecutor(128, "actor")


def _taken() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


class Killed(BaseException):
    """The process of an actor is gone: nothing of it has any effect from here on."""


class Stuck(AssertionError):
    """The play did not come to its end."""


@dataclass(eq=False, slots=True)
class Actor:
    """Somebody who acts at an instant, when the baton is handed to it; ``about`` names the job."""

    work: Callable[[], None]
    at: float
    about: str
    baton: threading.Lock = field(default_factory=_taken)


class Stage:
    """Who acts when. Only the actor that holds the baton runs, so a play is the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311  a play, not a secret
        self.at = START
        self._waiting: list[Actor] = []
        self._acting: Actor | None = None
        self._over = _taken()
        self._error: BaseException | None = None
        self._closed = False

    def now(self) -> float:
        """Return the instant."""
        return self.at

    @property
    def about(self) -> str:
        """The job that the actor of the moment works on."""
        return self._acting.about if self._acting else ""

    @about.setter
    def about(self, job_id: str) -> None:
        assert self._acting is not None
        self._acting.about = job_id

    def enter(self, work: Callable[[], None], after_s: float = 0, about: str = "") -> None:
        """Let somebody new act."""
        actor = Actor(work, self.at + after_s, about)
        self._waiting.append(actor)
        _WINGS.submit(self._perform, actor)

    def rest(self, seconds: float = 0) -> None:
        """Let others act, and come back after so long."""
        me = self._acting
        assert me is not None
        me.at = self.at + seconds
        self._waiting.append(me)
        after = self._next()
        if after is not me:
            after.baton.release()
            me.baton.acquire()
        if self._closed:
            raise Killed

    def play(self) -> None:
        """Act until nobody is left; raise what broke."""
        self._next().baton.release()
        self._over.acquire()
        self._closed = True
        for actor in self._waiting:
            actor.baton.release()
        if self._error:
            raise self._error

    def _next(self) -> Actor:
        """Draw one of those whose time has come, or let time pass until it has come for one."""
        due = [actor for actor in self._waiting if actor.at <= self.at]
        if not due:
            self.at = min(actor.at for actor in self._waiting)
            due = [actor for actor in self._waiting if actor.at <= self.at]
        self._acting = due[0] if len(due) == 1 else self.random.choice(due)
        self._waiting.remove(self._acting)
        return self._acting

    def _perform(self, me: Actor) -> None:
        me.baton.acquire()
        if self._closed:
            return
        try:
            if self.at > START + LONGEST_S:
                raise Stuck(f"somebody still acts after {LONGEST_S} s")
            me.work()
        except Killed:
            pass
        except BaseException as error:
            self._error = error
        if self._closed:
            return
        if self._error or not self._waiting:
            self._over.release()
        else:
            self._next().baton.release()


class Life:
    """The life of one process: at each moment others may act, and then it may die."""

    def __init__(self, stage: Stage, danger: float) -> None:
        self._stage, self._danger = stage, danger
        self._dead = False

    def moment(self, seconds: float = 0) -> None:
        """Live through one moment, or die in it."""
        if self._dead:
            raise Killed
        self._stage.rest(seconds)
        if self._stage.random.random() < self._danger:
            self._dead = True
            raise Killed


class Mortal:
    """A port whose caller may die before each call, which is also after the one before."""

    def __init__(self, port: Any, life: Life) -> None:
        self._port, self._life = port, life

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            self._life.moment()
            return getattr(self._port, name)(*given, **named)

        return call
