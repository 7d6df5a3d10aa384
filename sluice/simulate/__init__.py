"""A traffic shape on a configuration, on a virtual clock: the gateway's own pure code decides.

Rule: what the gateway decides (slots, turns, chains, prices) is asked of ``gateway.domain``.
Times are whole microseconds inside, because the pure functions take any unit and integers do not drift.
"""

from sluice.simulate.arrivals import Down, Traffic
from sluice.simulate.engine import simulate
from sluice.simulate.result import Result

__all__ = ["Down", "Result", "Traffic", "simulate"]
