"""How a provider is spoken to, as values of the plan: key, error table, and the steps of its protocols.

A *path* is the small language of ``protocols.mapping``: ``data.task_id``, ``images[].url``,
``choices[0].text``, ``header:x-cost``. A *template* is text with ``{names}`` to fill in.
Durations end in ``_s``.
"""

from dataclasses import dataclass, field
from typing import Any


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
class ErrorRule:
    """One line of a provider's error table; the first that matches names the class.

    Args:
        status: HTTP codes it applies to; empty means any, also a 200 that hides a refusal.
        path: where in the body to look; empty means the code alone decides.
        match: values to find there, ``*`` stands for anything; empty means that anything present matches.
        unless: a path; the rule does not apply where something is there, as with one refused output of two.
        error: the class, one of ``domain.outcome.ERROR_CLASSES``.
    """

    error: str
    status: tuple[int, ...] = ()
    path: str = ""
    match: tuple[str, ...] = ()
    unless: str = ""


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
        words: the provider's word -> ``queued``, ``running``, ``done`` or ``failed``; ``""`` stands for an
            absent word.
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
class Deadlines:
    """How long each attempt of a job may take, where its route says so in place of the protocol.

    Args:
        submit_s: each call to the provider.
        start_s: in the provider's own queue.
        total_s: all together.
    """

    submit_s: float | None = None
    start_s: float | None = None
    total_s: float | None = None


@dataclass(frozen=True, slots=True)
class Protocol:
    """A way of speaking: steps in order, each repeated while it is ``running``; the last has the outputs.

    Args:
        start_deadline_s: how long a job may be ``queued``; none where only the total counts.
        family: for what is answered in words or numbers and not in files: one of
            ``protocols.chat.family.FAMILIES``, which writes the body of its one step and reads its answer.
        stream: the step of a stream, where it differs from that one.
    """

    steps: tuple[Step, ...]
    cancel: Step | None = None
    find: Find | None = None
    submit_deadline_s: float = 60
    start_deadline_s: float | None = None
    total_deadline_s: float = 900
    family: str = ""
    stream: Step | None = None

    @property
    def answers_at_once(self) -> bool:
        """Whether the first call already brings the result."""
        return len(self.steps) == 1
