"""The circuits on the virtual clock, by ``domain.circuit``; while no target fails, they cost little."""

from collections import defaultdict
from heapq import heappop, heappush

from gateway.domain import circuit
from gateway.domain.circuit import EMPTY, Circuit
from sluice.simulate.arrivals import SECOND


class Circuits:
    """Ask and tell circuits; what is not known here is closed and has not failed."""

    def __init__(self) -> None:
        self._known: dict[str, Circuit] = {}
        # When calls that are out will succeed; looked at only when somebody asks.
        self._ends: defaultdict[str, list[int]] = defaultdict(list)

    def __contains__(self, target: str) -> bool:
        return target in self._known

    def state(self, target: str, now: int) -> str:
        """Return closed, open or probing."""
        return circuit.state(self._of(target, now), now / SECOND) if target in self._known else "closed"

    def admits(self, target: str, now: int) -> bool:
        """Tell whether a call may go; where it is a probe, it is this caller's alone."""
        if target not in self._known:
            return True
        yes, self._known[target] = circuit.admits(self._of(target, now), now / SECOND)
        return yes

    def failed(self, target: str, error: str, now: int) -> None:
        """Tell of a failure."""
        if circuit.counts(error):
            self._known[target] = circuit.failed(self._of(target, now), now / SECOND)

    def succeeds(self, target: str, at: int, now: int) -> None:
        """Tell of a success that is to come."""
        self._of(target, now)
        heappush(self._ends[target], at)

    def _of(self, target: str, now: int) -> Circuit:
        """Return a circuit after all successes up to now; a success closes and forgets everything."""
        ends = self._ends[target]
        while ends and ends[0] <= now:
            heappop(ends)
            self._known.pop(target, None)
        return self._known.get(target, EMPTY)
