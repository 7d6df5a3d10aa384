"""One attempt as the protocols see it: who is spoken to, by which steps, and with what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.plan import Offer, Parameter, Provider
from gateway.wire import Protocol


@dataclass(frozen=True, slots=True)
class Call:
    """Everything that a step's templates may name.

    Args:
        reference: our own id of this attempt, for providers that keep one.
        arguments: our parameter names with checked values; a file as a URL, or as its target is given it.
        callback, password: where the provider shall call when it is done, and what it shall say then; empty
            where it shall not.
        account: what the provider's address may name of the account whose key is sent.
    """

    provider: Provider
    protocol: Protocol
    offer: Offer
    region: str
    reference: str
    parameters: dict[str, Parameter] = field(repr=False)
    arguments: dict[str, Any] = field(repr=False)
    callback: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    account: Mapping[str, str] = field(default_factory=dict)
