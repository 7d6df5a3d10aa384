"""The plan: what the compiler writes and every function reads. Values only, no behaviour but look-up.

``infra.compile`` validates, so nothing here checks again. Durations end in ``_s``, money in ``_micros``
(millionths of a US dollar). A *path* is the small language of ``protocols.mapping``: ``data.task_id``,
``images[].url``, ``choices[0].text``. A *template* is text with ``{names}`` to fill in.
"""

from dataclasses import dataclass, field
from typing import Any

import msgspec


@dataclass(frozen=True, slots=True)
class Auth:
    """How a provider's key is sent.

    Args:
        scheme: ``header`` fills ``value`` in; any other word names a function of ``protocols.auth``.
        value: template over ``{secret}``.
        headers: fixed headers sent with every call, such as an API version.
    """

    header: str = "Authorization"
    value: str = "Bearer {secret}"
    scheme: str = "header"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a pool lets through: calls a minute, calls at once, and how many may start back to back."""

    rpm: int | None = None
    concurrent: int | None = None
    burst: int = 1


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """One line of a provider's error table; the first that matches names the class.

    Args:
        status: HTTP codes it applies to; empty means any, also a 200 that hides a refusal.
        path: where in the body to look; empty means the code alone decides.
        match: values to find there, ``*`` stands for anything; empty means that anything present matches.
        error: the class, one of ``domain.outcome.ERROR_CLASSES``.
    """

    error: str
    status: tuple[int, ...] = ()
    path: str = ""
    match: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """Where an answer holds the result, and how it is written there.

    Args:
        kind: ``url``, ``base64``, ``hex``, or ``bytes`` when the body itself is the file.
        path: of the value or values; not used for ``bytes``.
        keyed: the URL wants the provider's key too, as Google's file links do.
    """

    kind: str
    path: str = ""
    keyed: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One HTTP exchange of a protocol: what to ask, and how to read the answer.

    Args:
        url: template over ``{base}``, ``{endpoint}``, parameters placed in the url, and every kept name.
        body: JSON skeleton that the parameters are put into; null sends none.
        encoding: ``json``, ``multipart`` or ``none``.
        keep: name -> path of what later steps need from this answer.
        status: path of the status word; ``http`` means the HTTP code is the word; empty means no waiting.
        words: the provider's word -> ``running``, ``done`` or ``failed``; ``""`` stands for an absent word.
        progress: path of a number; ``progress_of`` is its full scale (1 or 100).
        code, message: paths of the provider's own error code and text.
        usage: meter -> path of a count that the provider bills by.
    """

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None
    encoding: str = "none"
    keep: dict[str, str] = field(default_factory=dict)
    status: str = ""
    words: dict[str, str] = field(default_factory=dict)
    progress: str = ""
    progress_of: float = 1.0
    code: str = ""
    message: str = ""
    outputs: tuple[Output, ...] = ()
    usage: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Find:
    """How to ask a provider whether it has a start of ours that we lost the answer of.

    Args:
        step: the list call.
        items: path of the list in its answer.
        match: path in an item that holds our own reference.
        keep: name -> path in the found item, as the first step would have kept them.
    """

    step: Step
    items: str
    match: str
    keep: dict[str, str]


@dataclass(frozen=True, slots=True)
class Protocol:
    """A way of speaking: steps in order, each repeated while it is ``running``; the last has the outputs."""

    steps: tuple[Step, ...]
    cancel: Step | None = None
    find: Find | None = None
    submit_deadline_s: float = 60
    total_deadline_s: float = 900

    @property
    def answers_at_once(self) -> bool:
        """Whether the first call already brings the result."""
        return len(self.steps) == 1


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a model takes under one name, and how the provider spells it.

    Args:
        type: string, integer, number, boolean, array, object, or a medium: image, video, audio (a URL).
        to: path in the step's body; empty means the parameter's own name.
        place: ``body``, ``url`` (a name for the url template), ``query`` or ``none`` (not sent).
        values: our spelling -> the provider's.
        form: template over ``{}`` for the provider's spelling, such as ``{}s``.
        as_type: the provider's type where it differs from ours: string, integer, number.
        operations: the operations that it belongs to; empty means all.
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
    """

    id: str
    provider: str
    offers: dict[str, Offer]
    parameters: dict[str, Parameter]
    prices: tuple[PriceLine, ...] = ()
    usual_s: float = 30


@dataclass(frozen=True, slots=True)
class Provider:
    """An account at somebody who serves models.

    Args:
        base_urls: region -> URL; the first region is the usual one.
        secret: name in Secrets Manager.
    """

    name: str
    base_urls: dict[str, str]
    auth: Auth
    secret: str
    limits: Limits
    protocols: dict[str, Protocol]
    errors: tuple[ErrorRule, ...] = ()
    retry_after: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """One way to serve a route: the provider's own model id, and the route's overrides of parameters."""

    provider: str
    model: str
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """A public name: its targets in order, then the models whose targets follow.

    Args:
        on: error classes that move to the next target.
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


@dataclass(frozen=True, slots=True)
class Tier:
    """What a key may do; ``None`` is no limit."""

    rpm: int | None = None
    concurrent: int | None = None
    allowance_micros: int | None = None
    overage: str = "refuse"
    retention_days: int | None = None
    unpriced: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the two files and the catalogue say, in the form that the run time reads.

    Args:
        hash: ``sha256:`` and the digest of the plan's canonical text without this field.
        models: key is ``<provider>/<model id>``.
    """

    hash: str
    routes: dict[str, Route]
    models: dict[str, Model]
    providers: dict[str, Provider]
    tiers: dict[str, Tier]

    def model_of(self, target: Target) -> Model:
        """Return the catalogue's model that a target names."""
        return self.models[f"{target.provider}/{target.model}"]


def load(text: bytes) -> Plan:
    """Read a compiled plan."""
    return msgspec.json.decode(text, type=Plan)


def dump(plan: Plan) -> bytes:
    """Write a plan as JSON. Names keep their order, because a provider's first region is its usual one."""
    return msgspec.json.encode(plan)
