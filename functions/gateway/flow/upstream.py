"""Speak to the provider of an attempt: what its steps may name, one exchange, and the word to stop."""

from dataclasses import replace

from gateway.domain import routing
from gateway.domain.job import Attempt, Job
from gateway.domain.outcome import Failure
from gateway.flow import credential
from gateway.flow.ports import Ports
from gateway.protocols import steps
from gateway.protocols.call import Call
from gateway.protocols.http import HttpResponse
from gateway.wire import Step

CANCEL_S = 10


def call_of(ports: Ports, job: Job, attempt: Attempt) -> Call:
    """Gather what the steps of an attempt's protocol may name."""
    provider = ports.plan.providers[attempt.provider]
    model = ports.plan.models[f"{attempt.provider}/{attempt.model}"]
    offer = model.offers[job.operation]
    return Call(
        provider=provider,
        protocol=provider.protocols[offer.protocol],
        offer=offer,
        region=attempt.region,
        reference=f"{job.id}-{attempt.n}",
        parameters=model.parameters,
        arguments=routing.arguments_of(ports.plan, job, job.chain[attempt.hop]).arguments,
    )


def send(
    ports: Ports, job: Job, call: Call, step: Step, kept: dict[str, str], deadline_s: float
) -> HttpResponse | Failure:
    """Take one step of a call; the deadline is that of all it takes."""
    began = ports.now()
    grant = credential.of(ports, job, call.provider.name, deadline_s)
    if isinstance(grant, Failure):
        return grant
    now = ports.now()
    asked = steps.request(replace(call, account=grant.names), step, kept, grant.secret, now)
    return ports.wire.send(asked, max(1, deadline_s - (now - began)))


def cancel(ports: Ports, job: Job, attempt: Attempt) -> str:
    """Ask the provider to stop an accepted job; return what it answered in a word."""
    call = call_of(ports, job, attempt)
    if call.protocol.cancel is None:
        return "not offered by the provider"
    answer = send(ports, job, call, call.protocol.cancel, attempt.kept, CANCEL_S)
    return answer.message if isinstance(answer, Failure) else f"answered {answer.status}"
