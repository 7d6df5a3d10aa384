"""Names that sort by time: 48 bits of milliseconds and 80 random bits, in Crockford's base 32 (as ULID)."""

import re

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_NAME = re.compile(f"[a-z]+_([0-7][{_LETTERS}]{{25}})")


def job_id(now: float, random: bytes) -> str:
    """Return a new job's id.

    >>> job_id(1_700_000_000, bytes(10))
    'gw_01hf7yat000000000000000000'
    """
    return "gw_" + _sortable(now, random)


def upload_id(now: float, random: bytes) -> str:
    """Return a new upload's id, which is also how a request refers to it."""
    return "upl_" + _sortable(now, random)


def batch_id(now: float, random: bytes) -> str:
    """Return a new batch's id."""
    return "bat_" + _sortable(now, random)


def made_at(name: str) -> float | None:
    """Return when a name was made, in seconds since 1970, or nothing for what is no such name.

    >>> made_at("gw_01hf7yat000000000000000000"), made_at("gw_1")
    (1700000000.0, None)
    """
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    value = 0
    for letter in found[1]:
        value = value << 5 | _LETTERS.index(letter)
    return (value >> 80) / 1000


def _sortable(now: float, random: bytes) -> str:
    value = int(now * 1000) << 80 | int.from_bytes(random[:10])
    return "".join(_LETTERS[value >> shift & 31] for shift in range(125, -1, -5))
