"""The documents of the API, as they come; fields that are new here may be there too."""

from typing import Any, Literal, NotRequired, TypedDict

Status = Literal["queued", "running", "delivering", "succeeded", "failed", "canceled", "expired"]


class Output(TypedDict):
    """A delivered file; its link works without a key until retention ends."""

    url: str
    content_type: str
    bytes: int
    sha256: str
    width: int | None
    height: int | None
    duration_s: float | None


class Cost(TypedDict):
    """What a job costs at list price; amounts are decimal texts."""

    usd: str | None
    status: Literal["pending", "final", "unpriced"]
    billed_to: str
    lines: list[dict[str, str]]


class Failure(TypedDict):
    """Why a job has no result."""

    code: str
    message: str
    retryable: bool


class Attempt(TypedDict):
    """One try of one target."""

    n: int
    provider: str
    model: str
    region: str
    status: str
    queued_ms: int | None
    provider_ms: int | None
    error: dict[str, str] | None


class Job(TypedDict):
    """One generation."""

    id: str
    object: Literal["job"]
    status: Status
    model: str
    operation: str
    created_at: str
    started_at: str | None
    finished_at: str | None
    progress: float | None
    expected_start_at: str | None
    outputs: list[Output]
    output_url: str | None
    cost: Cost
    attempts: list[Attempt]
    seed: int | None
    customer_id: str | None
    metadata: dict[str, str]
    error: Failure | None


class Event(TypedDict):
    """Something that happened to a job; the data of its end is the job.

    ``id`` is absent where events could not be watched and the job was looked at instead.
    """

    id: NotRequired[str]
    name: str
    data: Any


class Usage(TypedDict):
    """What an answer took in tokens, and what that costs in US dollars; nothing where it has no price.

    ``estimated`` is there, and true, where the provider told no counts.
    """

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cost: float | None
    estimated: NotRequired[bool]


class Chunk(TypedDict):
    """A piece of an answer, in OpenAI's form; ``id`` is the job's, ``model`` the one that answers."""

    id: str
    model: str
    provider: str
    choices: list[dict[str, Any]]
    usage: Usage | None
