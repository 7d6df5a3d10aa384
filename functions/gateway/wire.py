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
        scheme: ``header`` fills ``value`` in; other words name a function of ``protocols.auth``, or of
            ``protocols.grant``.
        value: template over ``{secret}``.
        headers: fixed headers sent with every call, such as an API version.
        token_url: where a scheme of ``protocols.grant`` exchanges the key for a token, which is then sent.
        scope: what that token shall be good for.
    """

    header: str = "Authorization"
    value: str = "Bearer {secret}"
    scheme: str = "header"
    headers: dict[str, str] = field(default_factory=dict)
    token_url: str = ""
    scope: str = ""


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
class Passages:
    """Where a transcript's words or segments are: the path of the list, and paths in an item of it."""

    items: str
    text: str = "text"
    start: str = "start"
    end: str = "end"
    speaker: str = "speaker"


@dataclass(frozen=True, slots=True)
class Transcript:
    """Where an answer holds the parts of a transcript besides its text.

    Args:
        per_second: 1000 where the times of words and segments are in milliseconds.
    """

    language: str = ""
    duration: str = ""
    segments: Passages | None = None
    words: Passages | None = None
    per_second: float = 1


@dataclass(frozen=True, slots=True)
class Output:
    """Where an answer holds the result, and how it is written there.

    Args:
        kind: ``url``, ``base64``, ``hex``, ``bytes`` when the body itself is the file, or ``transcript`` when
            we write it, in the format that the request asks for.
        path: of the value or values, or of a transcript's text; not used for ``bytes``.
        keyed: the URL wants the provider's key too, as Google's file links do.
        transcript: its other parts.
        rate_hz: of bare samples (16 bit, one channel, little end first), which get the head of a WAV file.
    """

    kind: str
    path: str = ""
    keyed: bool = False
    transcript: Transcript | None = None
    rate_hz: int = 0


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
class Signature:
    """What proves that a callback comes from the provider.

    Args:
        scheme: the name of a function of ``protocols.signatures``.
        header: holds the signature, or several.
        signed: template of what is signed, over ``{body}``, ``{body_sha256}`` and headers by name; empty for
            a password.
        timestamp: header with the time of signing, which must be near.
        keys: URL, over ``{base}``, of who hands the keys out; empty where it is the password that we told.
        path: where they are in that answer.
        keyed: whether that call needs the provider's key: then they are an account's own.
    """

    scheme: str
    header: str
    signed: str = ""
    timestamp: str = ""
    tolerance_s: float = 300
    keys: str = ""
    path: str = ""
    keyed: bool = False


@dataclass(frozen=True, slots=True)
class Callback:
    """How a provider is asked to call when it is done, and how such a call is read.

    Args:
        query, body, headers: what the first step says more, over ``{callback}``, our address, and
            ``{password}``.
        status: path of the word that says how it stands; empty where it calls once, at the end.
        ends: the words of a job that is over; all others are not listened to.
        challenge: path of a word to say back, by which a provider tries an address first.
        signature: none where it does not sign.
    """

    query: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    status: str = ""
    ends: tuple[str, ...] = ()
    challenge: str = ""
    signature: Signature | None = None


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
    callback: Callback | None = None
    submit_deadline_s: float = 60
    start_deadline_s: float | None = None
    total_deadline_s: float = 900
    family: str = ""
    stream: Step | None = None

    @property
    def answers_at_once(self) -> bool:
        """Whether the first call already brings the result."""
        return len(self.steps) == 1
