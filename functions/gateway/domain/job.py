"""A job and its attempts: what is stored, and the one table of states.

Rule: whatever changes ``Job.status`` goes through ``moved``; no other place knows which change is legal.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from gateway.domain.circuit import target_of
from gateway.domain.destination import Destination
from gateway.wire import Deadlines

# state -> event -> state
STATES: dict[str, dict[str, str]] = {
    "queued": {"start": "running", "fail": "failed", "cancel": "canceled", "expire": "expired"},
    "running": {
        "start": "running",
        "deliver": "delivering",
        "succeed": "succeeded",  # what was answered within the call, and is no file
        "fail": "failed",
        "cancel": "canceled",
        "expire": "expired",
    },
    "delivering": {
        "start": "running",
        "deliver": "delivering",
        "succeed": "succeeded",
        "fail": "failed",
        "cancel": "canceled",  # between a delivery that failed and the next target
    },
    "succeeded": {},
    "failed": {},
    "canceled": {},
    "expired": {},
}
TERMINAL = frozenset(state for state, events in STATES.items() if not events)
# What an attempt may end as without a result of its own.
FAILED = frozenset({"failed", "unknown"})


@dataclass(frozen=True, slots=True)
class Hop:
    """One target of a job's chain, as it stood when the job was accepted.

    Args:
        route: the public name that the target came from.
        parameters: the route's overrides.
    """

    route: str
    provider: str
    model: str
    region: str
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skip:
    """A target that was passed over, and why."""

    provider: str
    model: str
    reason: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """A delivered file; media facts are probed from its bytes."""

    key: str
    content_type: str
    bytes: int
    sha256: str
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """A file that a caller brought, in our bucket; its type is told from its bytes."""

    key: str
    content_type: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way into the bucket that a later worker can go on with.

    Args:
        output: which of the attempt's outputs it is.
        key, id: of the open upload; empty where there is none and the file begins anew.
        validator: what its source knows this version of the file by.
        bytes: how long it is, where the source says so.
        begun: how often it was begun with its first byte.
    """

    output: int
    begun: int
    key: str = ""
    id: str = ""
    validator: str = ""
    bytes: int | None = None


@dataclass(frozen=True, slots=True)
class CostLine:
    """One meter of one job: ``units`` at ``unit_micros`` for every ``per`` of them."""

    meter: str
    units: int | float
    unit_micros: int
    per: int
    micros: int
    source: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of one target.

    Args:
        hop: index in the job's chain.
        status: reserved, starting, accepted, succeeded, failed, unknown or canceled.
        slot_at: when the pool lets it start.
        lease_until: until when a start that has not reported must be taken for alive.
        step, kept: where the protocol stands, and what its next step needs.
        sources: finished outputs that wait at the provider, in order.
        stashed: or keys of those that came along, and wait in our own bucket for a customer's.
        delivered: those of them that are in the bucket, in order.
        upload: the one that is on its way, if it is large.
        dropped: hints of the request that this target does not know.
        cancel: what came of telling the provider to stop.
        circuit: the target's, as this attempt found it: closed, probing, or open where no other was left.
    """

    n: int
    hop: int
    provider: str
    model: str
    region: str
    slot_at: float
    reserved_at: float
    status: str = "reserved"
    started_at: float | None = None
    finished_at: float | None = None
    lease_until: float = 0
    step: int = 0
    polls: int = 0
    kept: dict[str, str] = field(default_factory=dict)
    sources: tuple[tuple[str, bool], ...] = ()
    stashed: tuple[str, ...] = ()
    delivered: tuple[Artifact, ...] = ()
    upload: Upload | None = None
    usage: dict[str, int] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    error: str = ""
    code: str = ""
    message: str = ""
    cancel: str = ""
    circuit: str = "closed"

    @property
    def target(self) -> str:
        """Name the target as its circuit is named."""
        return target_of(self.provider, self.model, self.region)


@dataclass(frozen=True, slots=True)
class Job:
    """One generation of any modality, and all that is known of it.

    Args:
        input: canonical parameters as the caller gave them; never logged.
        inputs: URL or reference of the input -> the file in our bucket, once it is there.
        on, deadline_at, deadlines, overflow, max_wait_s, retention_days: the route's policy at the time of
            acceptance.
        byok: provider -> the caller's own key, encrypted.
        pool, place: the queue that the job waits in, and where, while it does.
        cancel_at: when its caller asked for it to be canceled; whoever works on it carries that out.
        destination: the customer's own bucket, where the files shall go there.
        base_url: the address that the caller reached us at, for links in webhooks.
        history: what happened, in order and with its time: a state's name, or ``2.started`` and ``2.failed``
            for an attempt. Nothing is ever taken out of it, so a place in it names an event for good.
        sweep_at: from when the sweeper sees to it, if it has not ended by then, or if it is untold.
        untold: it has ended, and those who want to know of it are not all on their way of being told.
        batch, replay_of: the batch that it is a line of, and the job that it runs again.
        brought: providers whose key its caller brought; the keys themselves are gone when it has ended.
        erased_at: when its caller had its files taken away.
        estimated: its units were told by nobody, and counted from the lengths of texts.
        version: counts writes; a writer that read an older one is refused.
    """

    id: str
    tenant: str
    key_id: str
    model: str
    operation: str
    input: dict[str, Any]
    chain: tuple[Hop, ...]
    created_at: float
    deadline_at: float
    plan: str
    on: tuple[str, ...]
    overflow: str
    max_wait_s: float
    retention_days: int
    deadlines: Deadlines = field(default_factory=Deadlines)
    seed: int | None = None
    status: str = "queued"
    started_at: float | None = None
    finished_at: float | None = None
    progress: float | None = None
    attempts: tuple[Attempt, ...] = ()
    skipped: tuple[Skip, ...] = ()
    outputs: tuple[Artifact, ...] = ()
    lines: tuple[CostLine, ...] = ()
    priced: bool = True
    byok: dict[str, str] = field(default_factory=dict)
    own_key: bool = False
    error_code: str = ""
    error_message: str = ""
    pool: str = ""
    place: str = ""
    cancel_at: float | None = None
    destination: Destination | None = None
    webhook_url: str = ""
    base_url: str = ""
    customer_id: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    history: tuple[tuple[float, str], ...] = ()
    sweep_at: float = 0
    untold: bool = False
    inputs: dict[str, Input] = field(default_factory=dict)
    batch: str = ""
    replay_of: str = ""
    brought: tuple[str, ...] = ()
    erased_at: float | None = None
    estimated: bool = False
    version: int = 0

    @property
    def ended(self) -> bool:
        """Whether no event can change it any more."""
        return self.status in TERMINAL

    @property
    def attempt(self) -> Attempt:
        """The latest attempt."""
        return self.attempts[-1]


def moved(job: Job, event: str, now: float, **changes: Any) -> Job:
    """Apply an event of the state table, with other fields that change along with it.

    Raises:
        ValueError: the event does not exist in the job's state.
    """
    after = STATES[job.status].get(event)
    if after is None:
        raise ValueError(f"job {job.id} is {job.status!r} and cannot {event!r}")
    if after != job.status:
        changes["history"] = (*job.history, (now, after))
    if after == "running" and job.started_at is None:
        changes["started_at"] = now
    if after in TERMINAL:
        changes["finished_at"] = now
    return replace(job, status=after, **changes)


def with_attempt(job: Job, attempt: Attempt) -> Job:
    """Put an attempt in its place by number, or append it; its start and its failure go into the history."""
    before = next((a for a in job.attempts if a.n == attempt.n), None)
    others = tuple(a for a in job.attempts if a.n != attempt.n)
    attempts = tuple(sorted((*others, attempt), key=lambda a: a.n))
    return replace(job, attempts=attempts, history=(*job.history, *_news(before, attempt)))


def _news(before: Attempt | None, attempt: Attempt) -> list[tuple[float, str]]:
    """Tell what is new about an attempt; a start that is sent once more was told already."""
    news: list[tuple[float, str]] = []
    if attempt.started_at is not None and (before is None or before.started_at is None):
        news.append((attempt.started_at, f"{attempt.n}.started"))
    if attempt.status in FAILED and (before is None or before.status not in FAILED):
        news.append((attempt.finished_at or attempt.reserved_at, f"{attempt.n}.failed"))
    return news
