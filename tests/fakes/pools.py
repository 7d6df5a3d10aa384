"""What paces: waiting jobs, places, circuits, pools' clocks, and the bell of the pump."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.domain import adapt, circuit, fair, pacing
from gateway.domain.adapt import FULL_PACE, Backlog, Slowdown
from gateway.domain.circuit import Circuit
from gateway.domain.fair import Waiting
from gateway.domain.pacing import Full, Pace, Slot


@dataclass
class FakeQueue:
    """Fair queues in a list each, over the same tags."""

    waiting: dict[str, list[Waiting]] = field(default_factory=dict)
    tags: dict[str, int] = field(default_factory=dict)
    pumping: dict[str, float] = field(default_factory=dict)

    def enter(self, pool: str, tenant: str, job: str, hop: int, token: str, *, batch: str = "") -> str:
        """Take a place."""
        flow, step = fair.flow_of(tenant, batch)
        tag = fair.tag_after(self.tags.get(f"{pool}|{flow}"), self.tags.get(pool, 0), step)
        self.tags[f"{pool}|{flow}"] = tag
        place = fair.place_of(tag, job)
        self.waiting.setdefault(pool, []).append(Waiting(place, tenant, job, hop, token))
        return place

    def first(self, pool: str, count: int) -> list[Waiting]:
        """Return those whose turn comes first."""
        return sorted(self.waiting.get(pool, []), key=lambda each: each.place)[:count]

    def ahead(self, pool: str, place: str) -> int:
        """Count those before a place."""
        return sum(each.place < place for each in self.waiting.get(pool, []))

    def find(self, pool: str, place: str) -> Waiting | None:
        """Return who waits at a place."""
        return next((each for each in self.waiting.get(pool, []) if each.place == place), None)

    def leave(self, pool: str, place: str, *, served: bool = True) -> None:
        """Give a place up."""
        self.waiting[pool] = [each for each in self.waiting[pool] if each.place != place]
        if served:
            self.tags[pool] = max(self.tags.get(pool, 0), fair.tag_of(place))

    def pools(self) -> list[str]:
        """Name those with somebody in them."""
        return [pool for pool, waiting in self.waiting.items() if waiting]

    def begin_pump(self, pool: str, now: float) -> bool:
        """Become the pump."""
        if self.pumping.get(pool, 0) >= now:
            return False
        self.pumping[pool] = now + 60
        return True

    def end_pump(self, pool: str, until: float = 0) -> None:
        """Stop being the pump."""
        self.pumping[pool] = until


@dataclass
class FakeLeases:
    """Who runs, by pool."""

    holders: dict[str, dict[str, float]] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def take(self, pool: str, holder: str, most: int, until: float, now: float) -> bool:
        """Take a place."""
        held = self.holders.setdefault(pool, {})
        for each in [each for each, end in held.items() if end < now]:
            del held[each]
        if holder not in held and len(held) >= most:
            return False
        held[holder] = until
        return True

    def give_back(self, pool: str, holder: str) -> bool:
        """Give it back."""
        if self.holders.get(pool, {}).pop(holder, None) is None or pool not in self.asked:
            return False
        self.asked.discard(pool)
        return True

    def room(self, pool: str, most: int, now: float) -> int:
        """Count the free ones."""
        return most - sum(end >= now for end in self.holders.get(pool, {}).values())

    def want(self, pool: str) -> None:
        """Ask for the next one."""
        self.asked.add(pool)

    def wanted(self, pool: str) -> bool:
        """Tell whether it was asked for."""
        return pool in self.asked


@dataclass
class FakeCircuits:
    """Circuits in a dictionary, over the same rules."""

    known: dict[str, Circuit] = field(default_factory=dict)

    def ask(self, target: str, now: float) -> str:
        """Return the state in which a call finds it."""
        before = self.known.get(target, circuit.EMPTY)
        yes, self.known[target] = circuit.admits(before, now)
        if self.known[target] != before:
            return "probing"
        return "closed" if yes else "open"

    def failed(self, target: str, now: float) -> None:
        """Count a failure."""
        self.known[target] = circuit.failed(self.known.get(target, circuit.EMPTY), now)

    def succeeded(self, target: str, now: float) -> None:
        """Forget the failures."""
        self.known[target] = circuit.succeeded(self.known.get(target, circuit.EMPTY))

    def states(self, targets: Iterable[str], now: float) -> dict[str, tuple[str, float | None]]:
        """Return the states."""
        known = {target: self.known.get(target, circuit.EMPTY) for target in targets}
        return {name: (circuit.state(c, now), circuit.next_probe_at(c, now)) for name, c in known.items()}


@dataclass
class FakeBell:
    """Bells that rang, with their delay."""

    rung: list[tuple[str, float]] = field(default_factory=list)

    def ring(self, pool: str, after_s: float = 0) -> None:
        """Ring."""
        self.rung.append((pool, after_s))


@dataclass
class FakePacers:
    """Clocks of pools in a dictionary, over the same arithmetic."""

    queue: FakeQueue
    arrivals: dict[str, float] = field(default_factory=dict)
    slow: dict[str, Slowdown] = field(default_factory=dict)

    def reserve(
        self, pool: str, pace: Pace, now: float, horizon_s: float, *, from_queue: bool = False
    ) -> Slot | Full:
        """Take the next slot."""
        pace = adapt.slowed(pace, adapt.share_at(self.look(pool).slow, now))
        waiting = len(self.queue.waiting.get(pool, [])) if not from_queue else 0
        if waiting:
            behind_s = max(now, self.arrivals.get(pool, now)) - pacing.latest_arrival(now, pace, horizon_s)
            return Full(max(0.001, behind_s + waiting * pace.interval_s))
        found, arrival = pacing.reserve(self.arrivals.get(pool), now, pace, horizon_s)
        if arrival is not None:
            self.arrivals[pool] = arrival
        return found

    def push(self, pool: str, pace: Pace, until: float) -> None:
        """Move the clock on."""
        pace = adapt.slowed(pace, adapt.share_at(self.look(pool).slow, until))
        self.arrivals[pool] = max(self.arrivals.get(pool, 0), until + pace.tolerance_s)

    def slow_down(self, pool: str, now: float) -> None:
        """Take a share off."""
        self.slow[pool] = adapt.refused(self.look(pool).slow, now)

    def look(self, pool: str) -> Backlog:
        """Read how it stands."""
        waiting = len(self.queue.waiting.get(pool, []))
        return Backlog(self.arrivals.get(pool, 0), waiting, self.slow.get(pool, FULL_PACE))
