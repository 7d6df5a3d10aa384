"""The faults that can be set, and when they hit.

status             the call is refused with that HTTP status
hang               the call is never answered; on a ``job``: it is accepted, and stuck in progress for ever
reset              the call is taken, its job started, and the connection is reset before a byte of the answer
malformed          half of the JSON, or a web page in place of a file
slow               nothing for a while, then piece by piece
moderation         the prompt is refused: at the submit by those who do that, on a ``job`` in a later look
fail_after_accept  the job is accepted and ends as a failure
truncate           half of a file under its full length
wrong_media        a sound file for a picture, a picture for all else, under the type that was promised
expired_url        a file's link leads nowhere
overload           a stream of words breaks off: the provider says in it that it has too much to do
no_callback        the job is done, and whoever asked to be called is not
forged_callback    somebody else calls first, as if the job were done
repeated_callback  the call at the job's end comes twice
"""

import math
import time
from dataclasses import asdict, dataclass, fields
from random import Random
from typing import Any

PLACES: dict[str, tuple[str, ...]] = {
    "status": ("submit", "poll", "file", "token"),
    "hang": ("submit", "poll", "file", "job", "token"),
    "reset": ("submit", "poll", "file", "token"),
    "malformed": ("submit", "poll", "file", "token"),
    "slow": ("submit", "poll", "file", "token"),
    "moderation": ("submit", "job"),
    "fail_after_accept": ("submit", "job"),
    "truncate": ("file", "submit", "poll"),
    "wrong_media": ("file",),
    "expired_url": ("file",),
    "overload": ("submit",),
    "no_callback": ("job",),
    "forged_callback": ("job",),
    "repeated_callback": ("job",),
}
"""Kind of fault to the calls that it can hit; the first place is the default."""
IN_FILES = ("truncate", "wrong_media")
"""Kinds that also hit an answer which is the file, or holds it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a provider.

    Args:
        rate: the probability of a hit.
        count: hits after which the fault clears itself; without it, it stays.
        for_s: seconds after which the fault clears itself, in case that whoever set it is gone.
        on: which calls it hits; ``job`` lets the call through and breaks the job that it started.
    """

    kind: str
    on: str
    status: int = 503
    retry_after: float | None = None
    rate: float = 1.0
    count: int | None = None
    for_s: float | None = None
    delay_s: float = 0.0


class Faults:
    """The fault of each provider: at most one."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}
        self._left: dict[str, int] = {}
        self._until: dict[str, float] = {}
        self._dice: dict[str, Random] = {}

    def set(self, provider: str, fault: Fault) -> None:
        """Put a fault in force; the draws of ``rate`` begin anew, so a drill can be repeated."""
        self._faults[provider] = fault
        self._dice[provider] = Random(0)  # noqa: S311  which calls fail, not a secret
        self._left[provider] = fault.count if fault.count is not None else -1
        self._until[provider] = math.inf if fault.for_s is None else time.monotonic() + fault.for_s

    def clear(self, provider: str) -> None:
        """Take a provider's fault away."""
        self._faults.pop(provider, None)

    def show(self, provider: str) -> dict[str, Any] | None:
        """Describe the fault in force; ``count`` is what is left of it."""
        if (fault := self._in_force(provider)) is None:
            return None
        return asdict(fault) | {"count": None if fault.count is None else self._left[provider]}

    def hit(self, provider: str, route_role: str, *, inline: bool = False) -> Fault | None:
        """Draw whether the fault hits this call, and count it."""
        fault = self._in_force(provider)
        if fault is None or not _reaches(fault, route_role, inline):
            return None
        if self._dice[provider].random() >= fault.rate:
            return None
        self._left[provider] -= 1
        if self._left[provider] == 0:
            self.clear(provider)
        return fault

    def _in_force(self, provider: str) -> Fault | None:
        if provider in self._faults and time.monotonic() >= self._until[provider]:
            self.clear(provider)
        return self._faults.get(provider)


def read_fault(value: object) -> Fault:
    """Check a fault's JSON.

    Raises:
        ValueError: naming the field that is wrong and what is known.
    """
    if not isinstance(value, dict):
        raise ValueError(f"expected a JSON object with 'kind'. Known kinds: {', '.join(PLACES)}")
    known = [field.name for field in fields(Fault)]
    if unknown := sorted(set(value) - set(known)):
        raise ValueError(f"unknown field {unknown[0]!r}. Known fields: {', '.join(known)}")
    kind = value.get("kind")
    if kind not in PLACES:
        raise ValueError(f"unknown kind {kind!r}. Known kinds: {', '.join(PLACES)}")
    on = value.get("on") or PLACES[kind][0]
    if on not in PLACES[kind]:
        raise ValueError(f"kind {kind!r} cannot hit {on!r}. Known places: {', '.join(PLACES[kind])}")
    numbers = {name: _number(value, name) for name in _RANGES if value.get(name) is not None}
    return Fault(kind=kind, on=on, **numbers)


_RANGES: dict[str, tuple[type, float, float]] = {
    "status": (int, 300, 599),
    "retry_after": (float, 0, 86_400),
    "rate": (float, 0, 1),
    "count": (int, 1, 1_000_000),
    "for_s": (float, 0, 86_400),
    "delay_s": (float, 0, 600),
}


def _number(value: dict[str, Any], name: str) -> Any:
    form, low, high = _RANGES[name]
    found = value[name]
    fits = isinstance(found, int) or (form is float and isinstance(found, float))
    if isinstance(found, bool) or not fits or not low <= found <= high:
        raise ValueError(f"{name!r} is {found!r}; expected a number from {low} to {high}")
    return found


def _reaches(fault: Fault, role: str, inline: bool) -> bool:
    if fault.on == "job":
        return role == "submit"
    if fault.kind in IN_FILES and fault.on == "file" and role != "file":
        return inline
    return fault.on == role
