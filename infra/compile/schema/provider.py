"""The shape of ``providers.yaml`` and of a catalogue entry, which are the same form."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from infra.compile import vocabulary
from infra.compile.schema.kinds import (
    Count,
    Day,
    Duration,
    ErrorClass,
    Meter,
    Operation,
    Part,
    Text,
    Usd,
    Version,
    Word,
    entries,
    one_of,
)
from infra.compile.schema.protocol import Protocol


class Limits(Part):
    """What one pool lets through; absent is no limit."""

    rpm: Count | None = Field(default=None, description="Calls a minute.")
    ipm: Count | None = Field(default=None, description="Images a minute.")
    tpm: Count | None = Field(default=None, description="Tokens a minute.")
    concurrent: Count | None = Field(default=None, description="Calls at once.")
    burst: Count = Field(default=1, description="Calls that may start back to back.")


class ProviderLimits(Limits):
    """What a provider lets through."""

    models: dict[str, Limits] = Field(
        default={}, description="Model id to limits of its own, in place of the provider's."
    )


class Headroom(Part):
    """The headers in which a provider says how many calls are left."""

    remaining: Text = Field(description="Header with the calls left.", examples=["remaining: x-left"])
    reset: Text = Field(description="Header that says when there are more.", examples=["reset: x-reset"])


class Auth(Part):
    """How the key is sent."""

    header: Text = Field(default="Authorization", description="The header that carries the key.")
    value: Text = Field(default="Bearer {secret}", description="What the header says; `{secret}` is the key.")
    scheme: Text = Field(
        default="header",
        description="`header`, `key_pair`, or `service_account`, whose key file is exchanged for a token.",
    )
    headers: dict[str, str] = Field(default={}, description="Fixed headers of every call.")
    token_url: str = Field(default="", description="Where such a scheme exchanges the key.")
    scope: str = Field(default="", description="What its token shall be good for.")


class ErrorRule(Part):
    """One line of the error table; the first that matches names the class."""

    error: ErrorClass = Field(description="The class.", examples=["error: capacity"])
    status: list[Annotated[int, Field(ge=100, le=599)]] = Field(
        default=[], description="HTTP codes; none is any."
    )
    path: str = Field(default="", description="Where to look in the body, or `header:<name>`.")
    match: list[Word] = Field(default=[], description="Values to find there; `*` stands for anything.")
    unless: str = Field(default="", description="Path; does not apply where something is there.")


class Parameter(Part):
    """What a model takes under one name."""

    type: Annotated[str, one_of("type", vocabulary.TYPES)] = Field(
        default="string", description="Of the value."
    )
    required: bool = Field(default=False, description="Whether a request needs it.")
    default: Any = Field(default=None, description="What is sent when a request has none.")
    enum: list[Any] = Field(default=[], description="All values that are allowed.")
    minimum: float | None = Field(default=None, description="The least number.")
    maximum: float | None = Field(default=None, description="The greatest number.")
    max_length: Count | None = Field(default=None, description="Characters at most.")
    to: str = Field(
        default="", description="Path in the body (`[]` at its end adds an item), or the provider's name."
    )
    place: Annotated[str, one_of("place", vocabulary.PLACES)] = Field(
        default="body", description="Where it is sent."
    )
    values: dict[str, Any] = Field(default={}, description="Our spelling to the provider's.")
    form: str = Field(default="", description="Template over `{}` for the provider's spelling.")
    as_type: Annotated[str, one_of("type", vocabulary.AS_TYPES)] | None = Field(
        default=None, description="The provider's type where it differs."
    )
    operations: list[Operation] = Field(default=[], description="The operations it belongs to; none is all.")
    items: Annotated[str, one_of("medium", vocabulary.MEDIA)] | None = Field(
        default=None, description="Of a list: the medium that its items are."
    )
    max_items: Count | None = Field(default=None, description="Items of a list at most.")
    shape: Any = Field(
        default=None,
        description="How a file is written, over {url}, {base64}, {media_type}; {file} is a part of a form.",
    )


class PriceLine(Part):
    """The list price of one meter."""

    meter: Meter = Field(description="What is counted.", examples=["meter: output_image"])
    usd: Usd = Field(description="US dollars for `per` units.", examples=['usd: "0.04"'])
    per: Count = Field(default=1, description="How many units that buys.")
    as_of: Day = Field(description="The day the source was read.", examples=["as_of: 2026-11-22"])
    source: Text = Field(description="Where the price was read.", examples=["source: https://..."])
    when: dict[str, list[Word]] = Field(default={}, description="Parameter to the values it holds for.")
    typical: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="Units that one output usually counts."
    )


class OfferEntry(Part):
    """How a model serves one operation."""

    protocol: Text = Field(description="A protocol of this provider.", examples=["protocol: queue"])
    endpoint: str = Field(default="", description="The provider's name for it; absent is the model id.")


def _offer(value: Any) -> Any:
    return {"protocol": value} if isinstance(value, str) else value


Offer = Annotated[OfferEntry, BeforeValidator(_offer, json_schema_input_type=str | OfferEntry)]


class Model(Part):
    """One model of a provider."""

    offers: dict[Operation, Offer] = Field(
        min_length=1, description="Operation to protocol.", examples=["offers: {text_to_image: queue}"]
    )
    usual: Duration = Field(default=30.0, description="How long it usually takes.")
    regions: list[Text] = Field(
        default=[], description="Where it is served; absent is wherever its provider is."
    )
    parameters: dict[str, Parameter] = Field(default={}, description="What it takes.")
    prices: list[PriceLine] = Field(
        default=[], description="List prices; none is unpriced, which is not free."
    )


class Provider(Part):
    """An account at somebody who serves models. What the catalogue knows need not be repeated."""

    title: str = Field(default="", description="Its name for people.")
    secret: Text = Field(
        description="Name in Secrets Manager, never a value.", examples=["secret: sluice/providers/fal"]
    )
    variables: list[Text] = Field(
        default=[],
        description="Environment variables that hold its key for its own SDK; absent is <NAME>_API_KEY.",
    )
    base_url: Text | None = Field(default=None, description="Its address, where there is one only.")
    base_urls: dict[str, Text] = Field(
        default={},
        description="Region to address, over what the auth scheme knows; the first is the usual one.",
    )
    regions: list[Text] | None = Field(
        default=None, description="The regions to use; a job that names none tries them in this order."
    )
    limits: ProviderLimits = Field(default=ProviderLimits(), description="What it lets through.")
    headroom: Headroom | None = Field(default=None, description="Its rate-limit headers.")
    auth: Auth = Field(default=Auth(), description="The header that carries the key.")
    errors: list[ErrorRule] = Field(default=[], description="Its error table.")
    retry_after: str = Field(default="", description="Path of a waiting time in its refusals.")
    protocols: dict[str, Protocol] = Field(description="How it is spoken to.", examples=["protocols: {...}"])
    models: dict[str, Model] = Field(description="What it serves.", examples=["models: {...}"])
    prices: dict[str, list[PriceLine]] = Field(
        default={}, description="Model id to prices that replace the list prices."
    )


class ProvidersFile(Part):
    """Who serves models to this gateway."""

    version: Version = Field(description="The form of this file.", examples=["version: 1"])
    providers: Annotated[dict[str, Provider], BeforeValidator(entries)] = Field(
        default={}, description="Provider name to account."
    )


class ProvidersShell(Part):
    """The outside of the providers file; its entries are read after they are laid over the catalogue."""

    version: Version = Field(description="The form of this file.", examples=["version: 1"])
    providers: Annotated[dict[str, Any], BeforeValidator(entries)] = Field(default={})
