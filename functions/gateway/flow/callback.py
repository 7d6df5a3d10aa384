"""Providers that call when they are done: they are asked to, and whoever waits for them is woken.

Rule: nothing of a call's content is believed. It is proved, and then only ends a wait: the look that follows
asks the provider. A call that comes twice, or comes from nobody, changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.domain import callback
from gateway.domain.callback import Claim
from gateway.domain.job import Attempt, Job
from gateway.domain.outcome import Failure
from gateway.errors import Forbidden, NotFound, OurError
from gateway.flow import credential
from gateway.flow.ports import Ports
from gateway.plan import Provider
from gateway.protocols import auth, mapping, signatures
from gateway.protocols.call import Call
from gateway.protocols.http import HttpRequest, HttpResponse, decoded
from gateway.wire import Callback, Signature

# An address is good for this long after its job's deadline: a late result is delivered, too.
LATE_S = 3600
KEYS_S = 10


@dataclass(frozen=True, slots=True)
class Message:
    """What a caller sends; header names in lower case. Not printed: it may hold a result."""

    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def asked(ports: Ports, job: Job, attempt: Attempt, call: Call) -> Call:
    """Let the start ask for a callback, where its provider calls, can reach us, and we can tell that it did.

    A provider that signs with a secret of the account's own does so with one that we do not know when the
    key is a caller's.
    """
    wanted = call.protocol.callback
    provider_url = call.provider.base_urls[attempt.region]
    if wanted is None or not callback.reaches(job.base_url, provider_url):
        return call
    if wanted.signature and wanted.signature.keyed and attempt.provider in job.byok:
        return call
    model = ports.plan.models[f"{attempt.provider}/{attempt.model}"]
    claim = Claim(attempt.provider, model.offers[job.operation].protocol, call.reference)
    secret = ports.link_secret()
    return replace(
        call,
        callback=callback.address(job.base_url, claim, job.deadline_at + LATE_S, secret),
        password=callback.password(call.reference, secret),
    )


def hear(ports: Ports, token: str, message: Message) -> dict[str, Any]:
    """Take a provider's call, and wake who waits for it; return what it wants to hear.

    Raises:
        NotFound: no address of ours ends so, or its time is over.
        Forbidden: it is not signed by whom it should be.
        OurError: it cannot be told now by whom it is signed.
    """
    claim = callback.read(token, ports.now(), ports.link_secret())
    provider, wanted = _wanted(ports, claim)
    body = _json(message.body)
    if wanted.challenge and (word := mapping.first(body, wanted.challenge)) is not None:
        return {wanted.challenge: word}
    if wanted.signature and not _genuine(ports, claim, provider, wanted.signature, message):
        raise Forbidden("this callback is not signed by its provider.", code="not_allowed")
    if not wanted.status or mapping.text(mapping.first(body, wanted.status)) in wanted.ends:
        waiting = ports.callbacks.note(claim.reference, ports.now())
        if waiting:
            ports.tokens.succeed(waiting, {"called": True})
    return {"received": True}


def _wanted(ports: Ports, claim: Claim) -> tuple[Provider, Callback]:
    provider = ports.plan.providers.get(claim.provider)
    protocol = provider and provider.protocols.get(claim.protocol)
    if provider is None or not protocol or protocol.callback is None:
        raise NotFound("nobody waits for this callback any more.", code="path_not_found")
    return provider, protocol.callback


def _genuine(ports: Ports, claim: Claim, provider: Provider, signature: Signature, message: Message) -> bool:
    if signature.keys:
        keys = _keys(ports, provider, signature)
    else:
        keys = [callback.password(claim.reference, ports.link_secret()).encode()]
    return signatures.genuine(signature, message.headers, message.body, keys, ports.now())


def _keys(ports: Ports, provider: Provider, signature: Signature) -> list[bytes]:
    """Bring the keys that a provider signs with, as they were within the hour."""

    def fetch() -> list[bytes]:
        answer = _answer(ports, provider, signature)
        keys = [] if isinstance(answer, Failure) else signatures.keys_of(signature, _json(answer.body))
        if not keys:
            raise OurError(
                f"the keys that {provider.name} signs with cannot be read now.",
                code="internal_error",
                retryable=True,
            )
        return keys

    return ports.callbacks.keys(f"{provider.name} {signature.keys}", ports.now(), fetch)


def _answer(ports: Ports, provider: Provider, signature: Signature) -> HttpResponse | Failure:
    headers: dict[str, str] = {}
    if signature.keyed:
        grant = credential.ours(ports, provider)
        if isinstance(grant, Failure):
            return grant
        headers = auth.headers(provider.auth, grant.secret, ports.now())
    url = mapping.fill(signature.keys, {"base": next(iter(provider.base_urls.values()))})
    return ports.wire.send(HttpRequest("GET", url, headers), KEYS_S)


def _json(body: bytes) -> Any:
    try:
        return decoded(body)
    except ValueError:
        return None
