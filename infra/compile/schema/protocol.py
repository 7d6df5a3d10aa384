"""The shape of a protocol: the calls of a provider in order, and how it calls back."""

from typing import Annotated, Any

from pydantic import Field

from infra.compile import vocabulary
from infra.compile.schema.kinds import Count, Duration, Meter, Part, Text, Word, one_of


class Passages(Part):
    """Where a transcript's words or segments are."""

    items: Text = Field(description="Path of the list.", examples=['items: "words[]"'])
    text: Text = Field(default="text", description="Path in an item, as are the others.")
    start: Text = Field(default="start", description="Its begin.")
    end: Text = Field(default="end", description="Its end.")
    speaker: Text = Field(default="speaker", description="Who says it.")


class Transcript(Part):
    """Where an answer holds the parts of a transcript besides its text."""

    language: str = Field(default="", description="Path of the language.")
    duration: str = Field(default="", description="Path of the file's length.")
    segments: Passages | None = Field(default=None, description="Its segments.")
    words: Passages | None = Field(default=None, description="Its words.")
    per_second: Annotated[float, Field(gt=0)] = Field(
        default=1.0, description="1000 where words and segments have their times in milliseconds."
    )


class Output(Part):
    """Where an answer holds the result."""

    kind: Annotated[str, one_of("output kind", vocabulary.OUTPUTS)] = Field(
        description="How the result is written.", examples=["kind: url"]
    )
    path: str = Field(default="", description="Where it is, or a transcript's text; not used for `bytes`.")
    keyed: bool = Field(default=False, description="Whether its URL wants the key too.")
    transcript: Transcript | None = Field(default=None, description="Where a transcript's parts are.")
    rate_hz: Count | None = Field(
        default=None, description="Of bare samples, 16 bit and one channel, which become a WAV file."
    )


class Step(Part):
    """One HTTP exchange."""

    method: Annotated[str, one_of("method", vocabulary.METHODS)] = Field(
        description="HTTP method.", examples=["method: POST"]
    )
    url: Text = Field(
        description="Template over {base}, {endpoint}, url parameters, kept names.",
        examples=['url: "{base}/x"'],
    )
    headers: dict[str, str] = Field(default={}, description="Headers of this call.")
    query: dict[str, str] = Field(default={}, description="Query of this call.")
    body: Any = Field(default=None, description="JSON that the parameters are put into; absent sends none.")
    encoding: Annotated[str, one_of("encoding", vocabulary.ENCODINGS)] = Field(
        default="none", description="Of the body."
    )
    keep: dict[str, Text] = Field(default={}, description="Name to path of what later steps need.")
    status: str = Field(default="", description="Path of the status word; `http` is the HTTP code.")
    words: dict[str, Annotated[str, one_of("state", vocabulary.STATES)]] = Field(
        default={}, description="The provider's word to queued, running, done or failed."
    )
    progress: str = Field(default="", description="Path of the progress number.")
    progress_of: Annotated[float, Field(gt=0)] = Field(default=1.0, description="Its full scale.")
    code: str = Field(default="", description="Path of the provider's error code.")
    message: str = Field(default="", description="Path of the provider's error text.")
    outputs: list[Output] = Field(default=[], description="Where the results are.")
    usage: dict[Meter, Text] = Field(default={}, description="Meter to path of a count that is billed.")


class Find(Part):
    """How to look for a start whose answer was lost."""

    step: Step = Field(description="The list call.", examples=["step: {method: GET, url: ...}"])
    items: Text = Field(description="Path of the list.", examples=['items: "data[]"'])
    match: Text = Field(description="Path of our reference in an item.", examples=["match: reference"])
    keep: dict[str, Text] = Field(description="Name to path in the item.", examples=["keep: {task: id}"])


class Signature(Part):
    """What proves that a callback comes from the provider."""

    scheme: Text = Field(
        description="`standard_webhooks`, or the name of a signing function.",
        examples=["scheme: hmac_sha256"],
    )
    header: str = Field(default="", description="Header with the signature.")
    signed: str = Field(
        default="", description="Template of what is signed, over {body}, {body_sha256}, headers by name."
    )
    timestamp: str = Field(default="", description="Header with the time of signing.")
    tolerance: Duration = Field(default=300.0, description="How far away that may be.")
    keys: str = Field(
        default="", description="URL of the keys, over {base}; absent is the {password} that we told."
    )
    path: str = Field(default="", description="Path of the keys in that answer.")
    keyed: bool = Field(default=False, description="Whether that call needs the key.")


class Callback(Part):
    """How a provider is asked to call when it is done."""

    query: dict[str, str] = Field(
        default={}, description="Query of the first step, over {callback}, {password}."
    )
    body: dict[str, Any] = Field(default={}, description="What goes into its body.")
    headers: dict[str, str] = Field(default={}, description="Its headers.")
    status: str = Field(default="", description="Path of the status word in the callback.")
    ends: list[Word] = Field(default=[], description="Words of a job that is over.")
    challenge: str = Field(default="", description="Path of a word that is to be said back.")
    signature: Signature | None = Field(default=None, description="How it is signed; absent where it is not.")


class Protocol(Part):
    """A way of speaking: steps in order."""

    steps: list[Step] = Field(
        min_length=1, description="Calls in order; the last one has the outputs.", examples=["steps: [...]"]
    )
    cancel: Step | None = Field(default=None, description="How to stop a job.")
    find: Find | None = Field(default=None, description="How to look for a start whose answer was lost.")
    callback: Callback | None = Field(
        default=None, description="How it is asked to call; absent where it does not."
    )
    submit_deadline: Duration = Field(default=60.0, description="How long the start may take.")
    start_deadline: Duration | None = Field(
        default=None, description="How long a job may be queued; absent is as long as everything."
    )
    total_deadline: Duration = Field(default=900.0, description="How long everything may take.")
    family: Annotated[str, one_of("family", vocabulary.FAMILIES)] | None = Field(
        default=None, description="Of chats and embeddings: who writes the body and reads the answer."
    )
    stream: Step | None = Field(default=None, description="The call of a stream, where it differs.")
