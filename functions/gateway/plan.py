"""The plan: what the compiler writes and every function reads. Values only, no behaviour but look-up.

``infra.compile`` validates, so nothing here checks again. Durations end in ``_s``, money in ``_micros``
(millionths of a US dollar).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from gateway.wire import Auth, Deadlines, ErrorRule, Protocol

T = TypeVar("T")
# Types of parameters that are files.
MEDIA = ("image", "video", "audio")
# Operations whose answer is no file: it goes to the caller within the call, and is not kept.
DIRECT = ("chat", "embedding")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a pool lets through; ``None`` is no limit.

    Args:
        rpm, ipm, tpm: calls, images and tokens a minute.
        concurrent: calls at once.
        burst: calls that may start back to back.
    """

    rpm: int | None = None
    concurrent: int | None = None
    burst: int = 1
    ipm: int | None = None
    tpm: int | None = None


@dataclass(frozen=True, slots=True)
class Headroom:
    """The headers in which a provider says how many calls are left, and when there will be more."""

    remaining: str
    reset: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a model takes under one name, and how the provider spells it.

    Args:
        type: string, integer, number, boolean, array, object, any, or a medium: image, video, audio.
        items: the medium that a list's items are; ``max_items`` is how many it may have.
        to: path in the step's body; empty means the parameter's own name; ``[]`` at its end adds to a list.
        place: ``body``, ``url`` (a name for the url template), ``query`` or ``none`` (not sent).
        values: our spelling -> the provider's.
        form: template over ``{}`` for the provider's spelling, such as ``{}s``.
        as_type: the provider's type where it differs from ours: string, integer, number.
        operations: the operations that it belongs to; empty means all.
        shape: how a medium is written: a template over ``{url}``, ``{base64}`` and ``{media_type}``, or
            ``{file}`` for a part of a form; nothing is the URL itself.
    """

    type: str = "string"
    required: bool = False
    default: Any = None
    enum: tuple[Any, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    max_length: int | None = None
    to: str = ""
    place: str = "body"
    values: dict[str, Any] = field(default_factory=dict)
    form: str = ""
    as_type: str = ""
    operations: tuple[str, ...] = ()
    items: str = ""
    max_items: int | None = None
    shape: Any = None

    @property
    def medium(self) -> str:
        """Name the medium that it is, or that its items are; empty where it is none."""
        return self.type if self.type in MEDIA else self.items


@dataclass(frozen=True, slots=True)
class PriceLine:
    """List price of one meter: ``micros`` for every ``per`` units, when all conditions hold.

    Args:
        when: parameter -> the values, as text, for which this line applies.
        as_of: the day that the source was read, YYYY-MM-DD.
        typical: units of one output that this meter usually counts, for the estimate before a provider told.
    """

    meter: str
    micros: int
    per: int
    as_of: str
    source: str
    when: dict[str, tuple[str, ...]] = field(default_factory=dict)
    typical: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """How a model serves one operation: by which protocol of its provider, under which endpoint name."""

    protocol: str
    endpoint: str


@dataclass(frozen=True, slots=True)
class Model:
    """One model of one provider.

    Args:
        usual_s: how long it usually takes; the first look at a queued job is planned by it.
        prices: empty means unpriced, which is not free.
        limits: its own, which then hold in place of its provider's.
        regions: where it is served, where that is not everywhere that its provider is.
    """

    id: str
    provider: str
    offers: dict[str, Offer]
    parameters: dict[str, Parameter]
    prices: tuple[PriceLine, ...] = ()
    usual_s: float = 30
    limits: Limits | None = None
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Provider:
    """An account at somebody who serves models.

    Args:
        base_urls: region -> URL; the first region is the usual one.
        secret: name in Secrets Manager.
        regions: where a job goes that names no region, one after the other.
    """

    name: str
    base_urls: dict[str, str]
    auth: Auth
    secret: str
    limits: Limits
    protocols: dict[str, Protocol]
    errors: tuple[ErrorRule, ...] = ()
    retry_after: str = ""
    regions: tuple[str, ...] = ()
    headroom: Headroom | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """One way to serve a route: the provider's own model id, and the route's overrides of parameters.

    Args:
        weight: its share of first tries, where the route's order is by weight.
    """

    provider: str
    model: str
    parameters: dict[str, Any] = field(default_factory=dict)
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Route:
    """A public name: its targets in order, then the models whose targets follow.

    Args:
        on: error classes that move to the next target.
        order: how the targets are put in order for a job; one of ``domain.order.ORDERS``.
        overflow: ``wait``, ``shed`` or ``divert`` when the next free slot is more than ``max_wait_s`` away.
        region: a region's name, or empty for each provider's usual one.
    """

    name: str
    operations: tuple[str, ...]
    targets: tuple[Target, ...]
    fallback: tuple[str, ...] = ()
    on: tuple[str, ...] = ("capacity", "transient", "timeout", "credential")
    deadline_s: float = 600
    overflow: str = "wait"
    max_wait_s: float = 60
    retention_days: int = 30
    region: str = ""
    listed: bool = True
    order: str = "fill"
    deadlines: Deadlines = field(default_factory=Deadlines)


@dataclass(frozen=True, slots=True)
class Tier:
    """What a key may do; ``None`` is no limit.

    Args:
        overflow, max_wait_s: take the place of the route's, where they are given.
    """

    rpm: int | None = None
    concurrent: int | None = None
    allowance_micros: int | None = None
    overage: str = "refuse"
    retention_days: int | None = None
    unpriced: bool = True
    overflow: str = ""
    max_wait_s: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the two files and the catalogue say, in the form that the run time reads.

    Args:
        hash: ``sha256:`` and the digest of the plan's canonical text without this field.
        models: key is ``<provider>/<model id>``.
    """

    hash: str
    routes: Mapping[str, Route]
    models: Mapping[str, Model]
    providers: dict[str, Provider]
    tiers: dict[str, Tier]

    def model_of(self, target: Target) -> Model:
        """Return the catalogue's model that a target names."""
        return self.models[f"{target.provider}/{target.model}"]

    def served_in(self, model: Model) -> tuple[str, ...]:
        """Return all regions in which a model can be asked for."""
        known = self.providers[model.provider].base_urls
        return tuple(region for region in known if not model.regions or region in model.regions)

    def usual_regions(self, model: Model) -> tuple[str, ...]:
        """Return where a job goes that names no region, one after the other: never where the model is not."""
        usual, served = self.providers[model.provider].regions, self.served_in(model)
        return tuple(region for region in usual if region in served) or served[:1] or usual

    def limits_of(self, provider: str, model: str) -> Limits:
        """Return what a call of a model must keep to: the model's own limits, or its provider's."""
        return self.models[f"{provider}/{model}"].limits or self.providers[provider].limits


def load(text: bytes) -> Plan:
    """Read a compiled plan; routes and models when they are asked for, as a call needs few of thousands."""
    found = msgspec.json.decode(text, type=_Text)
    return Plan(
        found.hash, _Read(found.routes, Route), _Read(found.models, Model), found.providers, found.tiers
    )


class _Text(msgspec.Struct):
    """A plan whose routes and models are still text."""

    hash: str
    routes: dict[str, msgspec.Raw]
    models: dict[str, msgspec.Raw]
    providers: dict[str, Provider]
    tiers: dict[str, Tier]


class _Read(Mapping[str, T]):
    """Entries that are read from their text when they are first asked for."""

    def __init__(self, texts: dict[str, msgspec.Raw], kind: type[T]) -> None:
        self._texts, self._kind = texts, kind
        self._read: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        if name not in self._read:
            self._read[name] = msgspec.json.decode(self._texts[name], type=self._kind)
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._texts

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


def dump(plan: Plan) -> bytes:
    """Write a plan as JSON. Names keep their order, because a provider's first region is its usual one."""
    return msgspec.json.encode(plan)
