"""What the flow needs from outside, as small interfaces; ``handlers._wiring`` passes the real ones in."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway.domain.adapt import Backlog
from gateway.domain.address import Fetched, Posted, Unfetched
from gateway.domain.fair import Waiting
from gateway.domain.job import CostLine, Job
from gateway.domain.outcome import Failure
from gateway.domain.pacing import Full, Pace, Slot
from gateway.domain.repeat import Made, Repeat
from gateway.flow.files import Artifacts, Destinations, Uploads
from gateway.flow.receivers import Courier, Deliveries, Webhooks
from gateway.plan import Plan
from gateway.protocols.grant import Grant
from gateway.protocols.http import HttpRequest, HttpResponse, HttpStream


class Jobs(Protocol):
    """The jobs table. Every write names the version it was made from."""

    def create(self, job: Job) -> None:
        """Store a new job."""

    def get(self, tenant: str, job_id: str) -> Job | None:
        """Read a job as of the latest write."""

    def save(self, job: Job) -> Job:
        """Write a job back and return it with its new version; raise ``Conflict`` if it is not the latest."""

    def page(self, tenant: str, count: int, after: str, *, newest_first: bool = True) -> Sequence[Job]:
        """Return a tenant's jobs in the order in which they were made, from behind the one that is named."""

    def due(self, now: float) -> Sequence[tuple[str, str]]:
        """Name those that the sweeper shall see to, by tenant and id, no more than a round has time for."""


class Repeats(Protocol):
    """The calls that had an ``Idempotency-Key``, for a day, each with the job that it made."""

    def find(self, name: str, now: float) -> Made | None:
        """Return what the first call with this key made."""

    def create(self, job: Job, repeat: Repeat) -> None:
        """Store a new job and the call that made it, both or neither; raise ``Conflict`` if there was one."""

    def note(self, call: Repeat, made: str, now: float) -> None:
        """Store a call and the name of what it makes; raise ``Conflict`` if there was one."""

    def renew(self, call: Repeat, made: str, now: float) -> None:
        """Store a call in place of an earlier one of its name."""


class Ledger(Protocol):
    """The books: a job's end and its cost entries are written in one transaction."""

    def settle(self, job: Job, attempt: int, lines: tuple[CostLine, ...], billed: bool, month: str) -> Job:
        """Save an ended job and its entries; raise ``Conflict`` as ``Jobs.save`` does."""

    def billed(self, tenant: str, month: str) -> int:
        """Return what a month has cost a tenant so far, in micros."""


class Pacers(Protocol):
    """The clocks of the pools."""

    def reserve(
        self, pool: str, pace: Pace, now: float, horizon_s: float, *, from_queue: bool = False
    ) -> Slot | Full:
        """Take the pool's next slot, unless it is further away than the horizon or others wait for it."""

    def push(self, pool: str, pace: Pace, until: float) -> None:
        """Let nothing start from this pool before an instant."""

    def slow_down(self, pool: str, now: float) -> None:
        """Take a share off the pool's pace after a refusal."""

    def look(self, pool: str) -> Backlog:
        """Read how a pool stands."""


class Queue(Protocol):
    """The fair queues of full pools."""

    def enter(self, pool: str, tenant: str, job: str, hop: int, token: str, *, batch: str = "") -> str:
        """Take a place, a batch's line behind what somebody waits for; return it."""

    def first(self, pool: str, count: int) -> Sequence[Waiting]:
        """Return those whose turn comes first."""

    def ahead(self, pool: str, place: str) -> int:
        """Count those before a place."""

    def find(self, pool: str, place: str) -> Waiting | None:
        """Return who waits at a place."""

    def leave(self, pool: str, place: str, *, served: bool = True) -> None:
        """Give a place up: in its turn, or out of it, which moves nobody else's turn."""

    def pools(self) -> Sequence[str]:
        """Name the pools that somebody waits for."""

    def begin_pump(self, pool: str, now: float) -> bool:
        """Become the pool's one pump, unless there is one."""

    def end_pump(self, pool: str, until: float = 0) -> None:
        """Let the next one begin, at once or not before an instant."""


class Leases(Protocol):
    """How many calls of a pool run at once."""

    def take(self, pool: str, holder: str, most: int, until: float, now: float) -> bool:
        """Take a place, if one is free."""

    def give_back(self, pool: str, holder: str) -> bool:
        """Give a place back; return whether somebody was waiting for one."""

    def room(self, pool: str, most: int, now: float) -> int:
        """Count the places that are free."""

    def want(self, pool: str) -> None:
        """Ask to be told when a place is given back."""

    def wanted(self, pool: str) -> bool:
        """Tell whether somebody has asked and was not told yet."""


class Circuits(Protocol):
    """Which targets are left alone for a while."""

    def ask(self, target: str, now: float) -> str:
        """Return the state in which a call finds it: ``open`` is no; a probe is this caller's alone."""

    def failed(self, target: str, now: float) -> None:
        """Tell of a failure that says something about the target."""

    def succeeded(self, target: str, now: float) -> None:
        """Tell of a success."""

    def states(self, targets: Iterable[str], now: float) -> dict[str, tuple[str, float | None]]:
        """Return each target's state, and from when a probe may go."""


class Bell(Protocol):
    """What wakes the pump of a pool."""

    def ring(self, pool: str, after_s: float = 0) -> None:
        """Have the pool's queue looked at, now or later."""


class Tokens(Protocol):
    """The waiting tasks of the workflow."""

    def succeed(self, token: str, outcome: dict[str, Any]) -> None:
        """Answer one; a task that is no longer waiting was answered before."""


class Callbacks(Protocol):
    """What providers call about; who waits for a call writes himself down (``infra.resources.machine``)."""

    def note(self, reference: str, now: float) -> str:
        """Write down that an attempt's provider has called; return the task that waits, if one does."""

    def keys(self, name: str, now: float, fetch: Callable[[], list[bytes]]) -> list[bytes]:
        """Return the keys that somebody signs with, fetched anew when they are an hour old."""


class Secrets(Protocol):
    """Providers' keys, and callers' own keys that a job carries."""

    def get(self, name: str) -> str:
        """Read a secret by name; raise ``LookupError`` if it is not set."""

    def seal(self, text: str, context: dict[str, str]) -> str:
        """Encrypt a caller's key for one job."""

    def unseal(self, sealed: str, context: dict[str, str]) -> str:
        """Decrypt what ``seal`` made under the same context."""


class Wire(Protocol):
    """The way to providers."""

    def send(self, request: HttpRequest, deadline_s: float) -> HttpResponse | Failure:
        """Send a request, return the whole answer or why there is none."""

    def stream(self, request: HttpRequest, deadline_s: float) -> AbstractContextManager[HttpStream]:
        """Open a file for reading; no pause between its pieces is longer than the deadline."""


class Egress(Protocol):
    """The way to URLs that callers gave: in a function of its own, which has nothing to lose."""

    def post(self, url: str, headers: dict[str, str], body: bytes, deadline_s: float) -> Posted:
        """Send a message, once; redirects are not followed."""

    def fetch(self, url: str, key: str, most_bytes: int, deadline_s: float) -> Fetched | Unfetched:
        """Bring a file into the bucket under a key below ``inputs/``."""


class Workflow(Protocol):
    """The durable way of running a job."""

    def start(self, tenant: str, job_id: str) -> None:
        """Hand a job over; doing it twice is doing it once."""

    def again(self, tenant: str, job_id: str) -> str:
        """Hand it over once more, after an execution that is over; return the new one's name."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The plan and the outside world, as one value that the flow's functions take first.

    Args:
        link_secret: brings what signs our links to files.
        loopback: whether URLs of callers may lead to this machine: in the local stack alone.
        grants: the tokens that keys were exchanged for, in this process alone.
    """

    plan: Plan
    jobs: Jobs
    repeats: Repeats
    ledger: Ledger
    pacers: Pacers
    queue: Queue
    leases: Leases
    circuits: Circuits
    bell: Bell
    tokens: Tokens
    callbacks: Callbacks
    secrets: Secrets
    artifacts: Artifacts
    destinations: Destinations
    uploads: Uploads
    wire: Wire
    workflow: Workflow
    egress: Egress
    webhooks: Webhooks
    deliveries: Deliveries
    courier: Courier
    now: Callable[[], float]
    sleep: Callable[[float], None]
    random: Callable[[int], bytes]
    link_secret: Callable[[], bytes]
    loopback: bool = False
    grants: dict[str, Grant] = field(default_factory=dict, repr=False)
