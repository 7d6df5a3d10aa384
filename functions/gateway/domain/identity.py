"""Names that sort by time: 48 bits of milliseconds and 80 random bits, in Crockford's base 32 (as ULID)."""

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"


def job_id(now: float, random: bytes) -> str:
    """Return a new job's id.

    >>> job_id(1_700_000_000, bytes(10))
    'gw_01hf7yat000000000000000000'
    """
    value = int(now * 1000) << 80 | int.from_bytes(random[:10])
    return "gw_" + "".join(_LETTERS[value >> shift & 31] for shift in range(125, -1, -5))
