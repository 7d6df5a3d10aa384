"""One fake per port of the flow: honest small stand-ins that keep what they were told."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.domain import adapt, circuit, fair, pacing
from gateway.domain.adapt import FULL_PACE, Backlog, Slowdown
from gateway.domain.address import Fetched, Posted, Unfetched
from gateway.domain.circuit import Circuit
from gateway.domain.destination import Destination
from gateway.domain.download import Part
from gateway.domain.fair import Waiting
from gateway.domain.job import CostLine, Job
from gateway.domain.outcome import Failure
from gateway.domain.pacing import Full, Pace, Slot
from gateway.domain.receiver import Delivery, Webhook
from gateway.domain.repeat import KEPT_S, Made, Repeat
from gateway.domain.upload import Form, Seen, Wanted
from gateway.domain.webhook import Secret
from gateway.errors import Conflict, DestinationRefused
from gateway.protocols.http import HttpRequest, HttpResponse, HttpStream

Answer = HttpResponse | Failure | Exception
START = 1_790_000_000.0


@dataclass
class Clock:
    """A clock that moves only when somebody sleeps or a test moves it."""

    at: float = START

    def now(self) -> float:
        """Return the instant."""
        return self.at

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.at += seconds


@dataclass
class FakeJobs:
    """Jobs in a dictionary, with the same rule of versions."""

    items: dict[tuple[str, str], Job] = field(default_factory=dict)

    def create(self, job: Job) -> None:
        """Store a new job."""
        self.items[job.tenant, job.id] = job

    def get(self, tenant: str, job_id: str) -> Job | None:
        """Read a job."""
        return self.items.get((tenant, job_id))

    def save(self, job: Job) -> Job:
        """Write over the version that was read."""
        if self.items[job.tenant, job.id].version != job.version:
            raise Conflict(job.id)
        saved = replace(job, version=job.version + 1)
        self.items[job.tenant, job.id] = saved
        return saved

    def page(self, tenant: str, count: int, after: str, *, newest_first: bool = True) -> list[Job]:
        """Return those behind a name."""
        names = sorted((id for owner, id in self.items if owner == tenant), reverse=newest_first)
        behind = [id for id in names if not after or (id < after if newest_first else id > after)]
        return [self.items[tenant, id] for id in behind[:count]]

    def due(self, now: float) -> list[tuple[str, str]]:
        """Name those that have not ended, or are untold, and are due."""
        open_ = [job for job in self.items.values() if job.untold or not job.ended]
        found = [job for job in open_ if job.sweep_at <= now]
        return [(job.tenant, job.id) for job in sorted(found, key=lambda job: job.sweep_at)]


@dataclass
class FakeRepeats:
    """Calls by their key's name, each with its end."""

    jobs: FakeJobs
    made: dict[str, tuple[float, Made]] = field(default_factory=dict)

    def find(self, name: str, now: float) -> Made | None:
        """Return what a call made, for a day."""
        until, made = self.made.get(name, (0.0, None))
        return made if now < until else None

    def create(self, job: Job, repeat: Repeat) -> None:
        """Store both."""
        if self.find(repeat.name, job.created_at):
            raise Conflict(job.id)
        self.jobs.create(job)
        self.note(repeat, job.id, job.created_at)

    def note(self, call: Repeat, made: str, now: float) -> None:
        """Store the call alone."""
        if self.find(call.name, now):
            raise Conflict(made)
        self.renew(call, made, now)

    def renew(self, call: Repeat, made: str, now: float) -> None:
        """Store the call alone, whatever was there."""
        self.made[call.name] = (now + KEPT_S, Made(call.digest, made))


@dataclass
class FakeLedger:
    """The books as a list."""

    jobs: FakeJobs
    entries: list[tuple[str, str, int, bool]] = field(default_factory=list)

    def settle(self, job: Job, attempt: int, lines: tuple[CostLine, ...], billed: bool, month: str) -> Job:
        """Save the job, then its entries."""
        saved = self.jobs.save(job)
        self.entries += [(job.id, line.meter, line.micros, billed) for line in lines]
        return saved


@dataclass
class FakeQueue:
    """Fair queues in a list each, over the same tags."""

    waiting: dict[str, list[Waiting]] = field(default_factory=dict)
    tags: dict[str, int] = field(default_factory=dict)
    pumping: dict[str, float] = field(default_factory=dict)

    def enter(self, pool: str, tenant: str, job: str, hop: int, token: str, *, batch: str = "") -> str:
        """Take a place."""
        flow, step = fair.flow_of(tenant, batch)
        tag = fair.tag_after(self.tags.get(f"{pool}|{flow}"), self.tags.get(pool, 0), step)
        self.tags[f"{pool}|{flow}"] = tag
        place = fair.place_of(tag, job)
        self.waiting.setdefault(pool, []).append(Waiting(place, tenant, job, hop, token))
        return place

    def first(self, pool: str, count: int) -> list[Waiting]:
        """Return those whose turn comes first."""
        return sorted(self.waiting.get(pool, []), key=lambda each: each.place)[:count]

    def ahead(self, pool: str, place: str) -> int:
        """Count those before a place."""
        return sum(each.place < place for each in self.waiting.get(pool, []))

    def find(self, pool: str, place: str) -> Waiting | None:
        """Return who waits at a place."""
        return next((each for each in self.waiting.get(pool, []) if each.place == place), None)

    def leave(self, pool: str, place: str, *, served: bool = True) -> None:
        """Give a place up."""
        self.waiting[pool] = [each for each in self.waiting[pool] if each.place != place]
        if served:
            self.tags[pool] = max(self.tags.get(pool, 0), fair.tag_of(place))

    def pools(self) -> list[str]:
        """Name those with somebody in them."""
        return [pool for pool, waiting in self.waiting.items() if waiting]

    def begin_pump(self, pool: str, now: float) -> bool:
        """Become the pump."""
        if self.pumping.get(pool, 0) >= now:
            return False
        self.pumping[pool] = now + 60
        return True

    def end_pump(self, pool: str, until: float = 0) -> None:
        """Stop being the pump."""
        self.pumping[pool] = until


@dataclass
class FakeLeases:
    """Who runs, by pool."""

    holders: dict[str, dict[str, float]] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def take(self, pool: str, holder: str, most: int, until: float, now: float) -> bool:
        """Take a place."""
        held = self.holders.setdefault(pool, {})
        for each in [each for each, end in held.items() if end < now]:
            del held[each]
        if holder not in held and len(held) >= most:
            return False
        held[holder] = until
        return True

    def give_back(self, pool: str, holder: str) -> bool:
        """Give it back."""
        if self.holders.get(pool, {}).pop(holder, None) is None or pool not in self.asked:
            return False
        self.asked.discard(pool)
        return True

    def room(self, pool: str, most: int, now: float) -> int:
        """Count the free ones."""
        return most - sum(end >= now for end in self.holders.get(pool, {}).values())

    def want(self, pool: str) -> None:
        """Ask for the next one."""
        self.asked.add(pool)

    def wanted(self, pool: str) -> bool:
        """Tell whether it was asked for."""
        return pool in self.asked


@dataclass
class FakeCircuits:
    """Circuits in a dictionary, over the same rules."""

    known: dict[str, Circuit] = field(default_factory=dict)

    def ask(self, target: str, now: float) -> str:
        """Return the state in which a call finds it."""
        before = self.known.get(target, circuit.EMPTY)
        yes, self.known[target] = circuit.admits(before, now)
        if self.known[target] != before:
            return "probing"
        return "closed" if yes else "open"

    def failed(self, target: str, now: float) -> None:
        """Count a failure."""
        self.known[target] = circuit.failed(self.known.get(target, circuit.EMPTY), now)

    def succeeded(self, target: str, now: float) -> None:
        """Forget the failures."""
        self.known[target] = circuit.succeeded(self.known.get(target, circuit.EMPTY))

    def states(self, targets: Iterable[str], now: float) -> dict[str, tuple[str, float | None]]:
        """Return the states."""
        known = {target: self.known.get(target, circuit.EMPTY) for target in targets}
        return {name: (circuit.state(c, now), circuit.next_probe_at(c, now)) for name, c in known.items()}


@dataclass
class FakeBell:
    """Bells that rang, with their delay."""

    rung: list[tuple[str, float]] = field(default_factory=list)

    def ring(self, pool: str, after_s: float = 0) -> None:
        """Ring."""
        self.rung.append((pool, after_s))


@dataclass
class FakeTokens:
    """Answers to waiting tasks, by token."""

    answered: dict[str, dict[str, Any]] = field(default_factory=dict)

    def succeed(self, token: str, outcome: dict[str, Any]) -> None:
        """Answer."""
        self.answered.setdefault(token, outcome)


@dataclass
class FakePacers:
    """Clocks of pools in a dictionary, over the same arithmetic."""

    queue: FakeQueue
    arrivals: dict[str, float] = field(default_factory=dict)
    slow: dict[str, Slowdown] = field(default_factory=dict)

    def reserve(
        self, pool: str, pace: Pace, now: float, horizon_s: float, *, from_queue: bool = False
    ) -> Slot | Full:
        """Take the next slot."""
        pace = adapt.slowed(pace, adapt.share_at(self.look(pool).slow, now))
        waiting = len(self.queue.waiting.get(pool, [])) if not from_queue else 0
        if waiting:
            behind_s = max(now, self.arrivals.get(pool, now)) - pacing.latest_arrival(now, pace, horizon_s)
            return Full(max(0.001, behind_s + waiting * pace.interval_s))
        found, arrival = pacing.reserve(self.arrivals.get(pool), now, pace, horizon_s)
        if arrival is not None:
            self.arrivals[pool] = arrival
        return found

    def push(self, pool: str, pace: Pace, until: float) -> None:
        """Move the clock on."""
        pace = adapt.slowed(pace, adapt.share_at(self.look(pool).slow, until))
        self.arrivals[pool] = max(self.arrivals.get(pool, 0), until + pace.tolerance_s)

    def slow_down(self, pool: str, now: float) -> None:
        """Take a share off."""
        self.slow[pool] = adapt.refused(self.look(pool).slow, now)

    def look(self, pool: str) -> Backlog:
        """Read how it stands."""
        waiting = len(self.queue.waiting.get(pool, []))
        return Backlog(self.arrivals.get(pool, 0), waiting, self.slow.get(pool, FULL_PACE))


@dataclass
class FakeSecrets:
    """Keys by name; sealing turns a text around and remembers its context."""

    named: dict[str, str] = field(default_factory=dict)
    contexts: list[dict[str, str]] = field(default_factory=list)

    def get(self, name: str) -> str:
        """Read a key."""
        return self.named.get(name, f"key of {name}")

    def seal(self, text: str, context: dict[str, str]) -> str:
        """Hide a text."""
        self.contexts.append(context)
        return text[::-1]

    def unseal(self, sealed: str, context: dict[str, str]) -> str:
        """Show it again, under the same context alone."""
        if context not in self.contexts:
            raise LookupError("another context")
        return sealed[::-1]


@dataclass
class FakeArtifacts:
    """Files in a dictionary, and the parts of those that are on their way."""

    files: dict[str, bytes] = field(default_factory=dict)
    open: dict[str, dict[int, bytes]] = field(default_factory=dict)

    def put(self, key: str, content_type: str, data: bytes) -> None:
        """Keep a file, the first time."""
        self.files.setdefault(key, data)

    def begin(self, key: str, content_type: str) -> str:
        """Begin an upload."""
        upload = f"upload-{len(self.open) + 1} of {key}"
        self.open[upload] = {}
        return upload

    def put_part(self, key: str, upload: str, number: int, data: bytes) -> Part:
        """Keep a part."""
        self.open[upload][number] = data
        return Part(number, len(data), f"etag of {number}")

    def parts(self, key: str, upload: str) -> list[Part] | None:
        """List the parts."""
        if upload not in self.open:
            return None
        return [Part(n, len(data), f"etag of {n}") for n, data in sorted(self.open[upload].items())]

    def complete(self, key: str, upload: str, parts: Sequence[Part]) -> None:
        """Put the parts together."""
        kept = self.open.pop(upload)
        self.files.setdefault(key, b"".join(kept[part.number] for part in parts))

    def drop(self, key: str, upload: str) -> None:
        """Forget an upload."""
        self.open.pop(upload, None)

    def link(self, key: str) -> str:
        """Name the file in a link."""
        return f"https://bucket.example.com/{key}"

    def find(self, stem: str) -> str | None:
        """Find a file."""
        return next((key for key in self.files if key.startswith(f"{stem}.")), None)

    def read(self, key: str) -> Iterator[bytes]:
        """Read a file."""
        return iter((self.files[key],))

    def remove(self, key: str) -> None:
        """Take a file away."""
        self.files.pop(key, None)


@dataclass
class FakeDestinations:
    """Customers' buckets in a dictionary; one that refuses says why."""

    known: dict[tuple[str, str], Destination] = field(default_factory=dict)
    buckets: dict[str, FakeArtifacts] = field(default_factory=dict)
    refusal: str = ""

    def find(self, tenant: str, name: str) -> Destination | None:
        """Find one."""
        return self.known.get((tenant, name))

    def list(self, tenant: str) -> list[Destination]:
        """List a tenant's."""
        return [at for (owner, _), at in sorted(self.known.items()) if owner == tenant]

    def save(self, at: Destination, *, new: bool) -> bool:
        """Keep one, if it is new or known as it should be."""
        if new is ((at.tenant, at.name) in self.known):
            return False
        self.known[at.tenant, at.name] = at
        return True

    def remove(self, tenant: str, name: str) -> bool:
        """Forget one."""
        return self.known.pop((tenant, name), None) is not None

    def open(self, at: Destination) -> FakeArtifacts:
        """Go in."""
        self.check(at)
        return self.buckets.setdefault(at.bucket, FakeArtifacts())

    def check(self, at: Destination) -> None:
        """Refuse, if it refuses."""
        if self.refusal:
            raise DestinationRefused(self.refusal)


@dataclass
class FakeUploads:
    """Files that callers brought, by key, and how often they were looked at."""

    files: dict[str, bytes] = field(default_factory=dict)
    looked: list[str] = field(default_factory=list)

    def form(self, key: str, wanted: Wanted, seconds: int) -> Form:
        """Write the form's facts where a signature would stand."""
        return Form("https://bucket.example.com/", {"key": key, "Content-Type": wanted.content_type})

    def put(self, key: str, content_type: str, data: bytes) -> None:
        """Keep a file."""
        self.files[key] = data

    def look(self, key: str, count: int) -> Seen | None:
        """Return a file's head."""
        self.looked.append(key)
        data = self.files.get(key)
        return None if data is None else Seen(data[:count], len(data))

    def link(self, key: str, content_type: str) -> str:
        """Name the file in a link."""
        return f"https://bucket.example.com/{key}?type={content_type}"

    def read(self, key: str, size: int) -> bytes | None:
        """Return a file of this size."""
        data = self.files.get(key)
        return data if data is not None and len(data) == size else None


@dataclass
class FakeWire:
    """A provider that answers from a script: by ``METHOD path-part``, a list in order, its last for ever."""

    script: dict[str, list[Answer]]
    sent: list[HttpRequest] = field(default_factory=list)
    clock: Clock | None = None

    def send(self, request: HttpRequest, deadline_s: float) -> HttpResponse | Failure:
        """Answer the first rule that fits."""
        self.sent.append(request)
        answer = self._answer(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @contextmanager
    def stream(self, request: HttpRequest, deadline_s: float) -> Iterator[HttpStream]:
        """Open what ``send`` would have answered."""
        answer = self.send(request, deadline_s)
        if isinstance(answer, Failure):
            raise ConnectionError(answer.message)
        yield HttpStream(answer.status, answer.headers, iter((answer.body,)))

    def _answer(self, request: HttpRequest) -> Answer:
        for rule, answers in self.script.items():
            method, _, part = rule.partition(" ")
            if method == request.method and part in request.url:
                return answers.pop(0) if len(answers) > 1 else answers[0]
        raise AssertionError(f"nobody expected {request.method} {request.url}")


@dataclass
class FakeWorkflow:
    """Remember what was handed over."""

    started: list[str] = field(default_factory=list)
    run: Callable[[str, str], None] | None = None

    def start(self, tenant: str, job_id: str) -> None:
        """Hand a job over."""
        if job_id not in self.started:
            self.started.append(job_id)

    def again(self, tenant: str, job_id: str) -> str:
        """Hand it over under the next name."""
        run = 2 + sum(name.startswith(f"{job_id}-") for name in self.started)
        self.started.append(f"{job_id}-{run}")
        return self.started[-1]


@dataclass
class FakeEgress:
    """Strangers by a script: what each message in turn is answered, its last for ever; files by URL."""

    answers: list[Posted] = field(default_factory=lambda: [Posted(204)])
    files: dict[str, Fetched | Unfetched] = field(default_factory=dict)
    posted: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)

    def post(self, url: str, headers: dict[str, str], body: bytes, deadline_s: float) -> Posted:
        """Keep a message, answer it by the script."""
        self.posted.append((url, headers, body))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def fetch(self, url: str, key: str, most_bytes: int, deadline_s: float) -> Fetched | Unfetched:
        """Hand out a file."""
        self.fetched.append(url)
        found = self.files.get(url, Unfetched("status_404"))
        return replace(found, key=key) if isinstance(found, Fetched) else found


@dataclass
class FakeWebhooks:
    """Webhooks in a dictionary, with the same rule of versions."""

    items: dict[tuple[str, str], Webhook] = field(default_factory=dict)
    secrets: dict[tuple[str, str], Secret] = field(default_factory=dict)

    def of(self, tenant: str) -> list[Webhook]:
        """Return a tenant's."""
        return [each for each in self.items.values() if each.tenant == tenant]

    def get(self, tenant: str, id: str) -> Webhook | None:
        """Read one."""
        return self.items.get((tenant, id))

    def create(self, webhook: Webhook) -> None:
        """Store a new one."""
        self.items[webhook.tenant, webhook.id] = webhook

    def save(self, webhook: Webhook) -> Webhook:
        """Write over the version that was read."""
        if self.items[webhook.tenant, webhook.id].version != webhook.version:
            raise Conflict(webhook.id)
        saved = replace(webhook, version=webhook.version + 1)
        self.items[webhook.tenant, webhook.id] = saved
        return saved

    def delete(self, tenant: str, id: str) -> None:
        """Forget one."""
        self.items.pop((tenant, id), None)

    def secret_of_key(self, tenant: str, key_id: str) -> Secret:
        """Return a key's."""
        return self.secrets.get((tenant, key_id), Secret())

    def turn(self, tenant: str, key_id: str, before: Secret, after: Secret) -> Secret:
        """Note a rotation."""
        if self.secret_of_key(tenant, key_id) != before:
            raise Conflict(key_id)
        self.secrets[tenant, key_id] = after
        return after


@dataclass
class FakeDeliveries:
    """Deliveries in a dictionary."""

    items: dict[tuple[str, str], Delivery] = field(default_factory=dict)

    def get(self, tenant: str, id: str) -> Delivery | None:
        """Read one."""
        return self.items.get((tenant, id))

    def create(self, delivery: Delivery) -> None:
        """Store a new one."""
        if (delivery.tenant, delivery.id) in self.items:
            raise Conflict(delivery.id)
        self.save(delivery)

    def save(self, delivery: Delivery) -> None:
        """Write one."""
        self.items[delivery.tenant, delivery.id] = delivery

    def of_job(self, tenant: str, job_id: str) -> list[Delivery]:
        """Return a job's."""
        return self._newest(
            each for each in self.items.values() if (each.tenant, each.job) == (tenant, job_id)
        )

    def of_webhook(self, tenant: str, id: str, limit: int, after: Delivery | None) -> list[Delivery]:
        """Return a page."""
        found = self._newest(
            each for each in self.items.values() if (each.tenant, each.webhook) == (tenant, id)
        )
        return found[found.index(after) + 1 if after else 0 :][:limit]

    def _newest(self, found: Iterable[Delivery]) -> list[Delivery]:
        return sorted(found, key=lambda each: each.created_at, reverse=True)


@dataclass
class FakeCourier:
    """Remember which deliveries began: tenant, job, webhook, name."""

    begun: list[tuple[str, str, str, str]] = field(default_factory=list)

    def start(self, tenant: str, job_id: str, webhook: str, delivery: str) -> None:
        """Begin one, unless it has begun."""
        if (tenant, job_id, webhook, delivery) not in self.begun:
            self.begun.append((tenant, job_id, webhook, delivery))
