"""What a provider's answer means. Outcomes are values: the chain decides on them, nothing is raised."""

from dataclasses import dataclass, field

ERROR_CLASSES = (
    "capacity",
    "transient",
    "timeout",
    "credential",
    "request",
    "moderation",
    "unsupported",
    "internal",
)


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt's end without a result.

    Args:
        error: one of ``ERROR_CLASSES``.
        code, message: the provider's own, or ours where it never answered.
        retry_after_s: how long the provider asked us to stay away.
        throttled: it said that our calls come too fast, and not just that it is overloaded.
    """

    error: str
    code: str
    message: str
    retry_after_s: float | None = None
    throttled: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """Where a finished output is: at a URL, here as bytes, or in our own bucket on its way to another.

    Args:
        keyed: the URL wants the provider's key.
        stashed: its key in the bucket.
    """

    url: str = ""
    keyed: bool = False
    stashed: str = ""
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Pending:
    """Not finished: the step to take next, and what was kept for it.

    Args:
        queued: the provider has accepted it and not begun with it.
    """

    step: int
    kept: dict[str, str]
    progress: float | None = None
    queued: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """Finished: the outputs in order, and the counts that the provider bills by."""

    sources: tuple[Source, ...]
    usage: dict[str, int | float] = field(default_factory=dict)


Reading = Pending | Done | Failure
