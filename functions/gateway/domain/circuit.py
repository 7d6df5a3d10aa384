"""When a target is left alone, and when one call tries it again. Pure: every function takes ``now``.

A *target* here is a provider's model in a region. Its circuit is *closed* while calls go, *open* after
failures in a row, and *probing* once the open time is over: then one call at a time may find out. Rule: a
circuit whose open time is over admits the next call, whatever calls from before the opening report late.
"""

from dataclasses import dataclass, replace

FAILURES = 5
OPEN_S = 30.0
OPEN_MAX_S = 600.0
PROBE_S = 60.0

_COUNTED = frozenset({"transient", "timeout", "capacity"})


@dataclass(frozen=True, slots=True)
class Circuit:
    """What is remembered of a target.

    Args:
        failures: in a row.
        open_until: 0 while closed.
        probe_until: when the probe that is out is given up; 0 if this opening had none yet.
    """

    failures: int
    opened_at: float
    open_until: float
    probe_until: float


EMPTY = Circuit(failures=0, opened_at=0, open_until=0, probe_until=0)


def target_of(provider: str, model: str, region: str) -> str:
    """Name a target.

    >>> target_of("fal", "veo3", "us")
    'fal/veo3#us'
    """
    return f"{provider}/{model}#{region}"


def counts(error: str) -> bool:
    """Tell whether an error class says something about the target, and not about the request or the key."""
    return error in _COUNTED


def state(circuit: Circuit, now: float) -> str:
    """Return ``closed``, ``open`` or ``probing``; the latter also while the probe is still to come."""
    if not circuit.open_until:
        return "closed"
    return "open" if now < circuit.open_until else "probing"


def next_probe_at(circuit: Circuit, now: float) -> float | None:
    """Return the instant from which a call may try the target; nothing where calls go anyway."""
    return max(now, circuit.open_until, circuit.probe_until) if circuit.open_until else None


def admits(circuit: Circuit, now: float) -> tuple[bool, Circuit]:
    """Tell whether a call may go, and return the circuit after it: a changed one means the call is a probe.

    >>> down = Circuit(failures=5, opened_at=100, open_until=130, probe_until=0)
    >>> admits(down, 129)[0]
    False
    >>> yes, probed = admits(down, 130)
    >>> yes, admits(probed, 189)[0], admits(probed, 190)[0]
    (True, False, True)
    """
    if not circuit.open_until:
        return True, circuit
    if now < circuit.open_until or now < circuit.probe_until:
        return False, circuit
    return True, replace(circuit, probe_until=now + PROBE_S)


def failed(circuit: Circuit, now: float) -> Circuit:
    """Count a failure: the fifth in a row opens for 30 s, a failed probe for twice as long as before."""
    if not circuit.open_until:
        failures = circuit.failures + 1
        return _open(failures, now, OPEN_S) if failures >= FAILURES else replace(circuit, failures=failures)
    # Before a probe went out, only a call from before the opening can report: it is no news.
    if now < circuit.open_until or not circuit.probe_until:
        return circuit
    return _open(circuit.failures + 1, now, 2 * (circuit.open_until - circuit.opened_at))


def succeeded(circuit: Circuit) -> Circuit:
    """Close, and forget every failure: the next opening is a short one again."""
    return EMPTY if circuit != EMPTY else circuit


def _open(failures: int, now: float, open_s: float) -> Circuit:
    return Circuit(failures, opened_at=now, open_until=now + min(open_s, OPEN_MAX_S), probe_until=0)
