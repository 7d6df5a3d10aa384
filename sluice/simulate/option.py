"""What people type for `sluice simulate`, as values; every mistake names the option and a way out."""

import re

from sluice.errors import Refused
from sluice.simulate.arrivals import Down
from sluice.span import duration_s

_MOST = 1_000_000


def weights(parts: list[str], option: str) -> dict[str, int]:
    """Read names with weights; a name alone weighs 1.

    >>> weights(["a:500", "b"], "--tenants")
    {'a': 500, 'b': 1}
    """
    found: dict[str, int] = {}
    for part in parts:
        name, colon, weight = part.strip().rpartition(":")
        name, weight = (name, weight) if colon else (weight, "1")
        if not name or not re.fullmatch(r"[1-9]\d*", weight, re.ASCII) or int(weight) > _MOST:
            raise Refused(
                f"{option}: {part!r} is no name with a weight. Write NAME or NAME:WEIGHT, such as acme:3, "
                f"the weight a whole number from 1 to {_MOST:,}."
            )
        if name in found:
            raise Refused(f"{option}: {name!r} is given twice. Name it once.")
        found[name] = int(weight)
    return found


def down(text: str) -> Down:
    """Read a fault.

    >>> down("google:10m-20m")
    Down(provider='google', from_s=600.0, to_s=1200.0)
    """
    provider, _, window = text.partition(":")
    begin, dash, end = window.partition("-")
    if not provider or not dash:
        raise Refused(f"--down: {text!r} is not PROVIDER:FROM-TO. Write it as google:10m-20m.")
    from_s, to_s = duration_s(begin, "--down"), duration_s(end, "--down")
    if to_s <= from_s:
        raise Refused(f"--down: {text!r} ends before it starts. Write the earlier time first.")
    return Down(provider, from_s, to_s)


def real(texts: list[str]) -> dict[str, int]:
    """Read the rates that providers really take.

    >>> real(["google:20"])
    {'google': 20}
    """
    if bad := [text for text in texts if ":" not in text]:
        raise Refused(f"--real: {bad[0]!r} is not PROVIDER:RPM. Write it as google:20.")
    return weights(texts, "--real")
