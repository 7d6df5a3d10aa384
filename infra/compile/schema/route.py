"""The shape of ``routes.yaml``. Shape only: what names mean is for ``checks``."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from infra.compile import vocabulary
from infra.compile.schema.kinds import (
    Count,
    Duration,
    ErrorClass,
    Operation,
    Order,
    Overflow,
    Part,
    Retention,
    Share,
    Targets,
    Text,
    Usd,
    Version,
    Wait,
    entries,
    one_of,
)


class Delivery(Part):
    """How results are kept."""

    retention: Retention | None = Field(default=None, description="How long outputs are kept, in whole days.")


class Deadlines(Part):
    """How long each target may take; what is absent is for the catalogue to say."""

    submit: Duration | None = Field(default=None, description="How long one call to the provider may take.")
    start: Duration | None = Field(
        default=None, description="How long a job may wait in the provider's own queue."
    )
    total: Duration | None = Field(default=None, description="How long a target may take all in all.")


class Policy(Part):
    """What a route does when a target fails or is busy."""

    deadline: Duration | None = Field(
        default=None, description="How long a job may take, all its targets together."
    )
    deadlines: Deadlines = Field(
        default=Deadlines(), description="How long each of its targets may take, before the next is tried."
    )
    overflow: Overflow | None = Field(
        default=None, description="What to do when the next free slot is too far away."
    )
    max_wait: Wait | None = Field(
        default=None, description="How far away a slot may be before `overflow` decides."
    )
    order: Order | None = Field(default=None, description="How the targets are put in order for a job.")
    on: list[ErrorClass] | None = Field(
        default=None, description="Error classes that move a job to its next target."
    )
    region: Text | None = Field(default=None, description=f"A region's name, or `{vocabulary.USUAL_REGION}`.")


class Defaults(Policy):
    """What a route does where it says nothing."""

    retention: Retention | None = Field(default=None, description="How long outputs are kept, in whole days.")


class Tier(Part):
    """What a key may do."""

    rpm: Count | None = Field(default=None, description="Requests a minute; absent is no limit.")
    concurrent: Count | None = Field(default=None, description="Jobs at once; absent is no limit.")
    allowance_usd: Usd | None = Field(default=None, description="US dollars a month; absent is no limit.")
    overage: Annotated[str, one_of("overage", vocabulary.OVERAGES)] = Field(
        default="refuse", description="What happens when the allowance is spent."
    )
    retention: Retention | None = Field(
        default=None, description="How long outputs are kept at most, in whole days."
    )
    unpriced: bool = Field(default=True, description="Whether models without a price may be used.")
    overflow: Overflow | None = Field(default=None, description="Takes the place of the route's.")
    max_wait: Wait | None = Field(default=None, description="Takes the place of the route's.")


class Route(Policy):
    """A public model name: who serves it, in order, and what comes after."""

    operations: list[Operation] = Field(
        min_length=1, description="What can be asked of it.", examples=["operations: [text_to_image]"]
    )
    targets: Targets = Field(
        description="Who serves it; `order` says who is tried first.",
        examples=["targets: [fal/fal-ai/flux/dev]"],
    )
    fallback: list[Text] = Field(default=[], description="Other models, tried after its own targets.")
    weights: dict[str, Share] = Field(
        default={},
        description="Target to its share of first tries, for `weighted` and `sticky`; absent is 1.",
    )
    delivery: Delivery | None = Field(default=None, description="How its results are kept.")


class RoutesFile(Part):
    """What callers may ask for."""

    version: Version = Field(description="The form of this file.", examples=["version: 1"])
    expose: Annotated[str, one_of("expose", vocabulary.EXPOSURES)] = Field(
        default="all",
        description="`all` also answers to `<provider>/<model>`; `listed` only to the models below.",
    )
    defaults: Annotated[Defaults, BeforeValidator(entries)] = Field(
        default=Defaults(), description="What holds for every route that says nothing else."
    )
    tiers: Annotated[dict[str, Tier], BeforeValidator(entries)] = Field(
        default={}, description="What a key may do."
    )
    models: Annotated[dict[str, Route], BeforeValidator(entries)] = Field(
        default={}, description="Public names."
    )
