"""The course of a drill: what is asked, of which chain, and the phases in order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.plan import Plan
from sluice.errors import Refused, unknown
from sluice.sample import Sample, first_model, named_models, sample_of


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of time, with the providers that are down in it."""

    name: str
    seconds: float
    broken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants drilled.

    Args:
        phase_s: how long each phase lasts.
        rpm: callers a minute.
        fault: how providers break, as the sandbox takes it.
        model: empty for the first of ``routes.yaml`` that two providers can serve, or else the very first.
        parameters: of every request; required ones that are missing get a sample value.
        only: the providers to break; empty for all of the chain.
        all_at_once: also break all of them together, at the end.
    """

    phase_s: float
    rpm: float
    fault: dict[str, Any]
    model: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    all_at_once: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """A whole drill, before it has begun.

    Args:
        chain: (provider, model) in the order in which the gateway tries them.
        patience_s: how long a caller waits for the end of a job.
    """

    order: Order
    model: str
    parameters: dict[str, Any]
    chain: tuple[tuple[str, str], ...]
    phases: tuple[Phase, ...]
    patience_s: float

    @property
    def providers(self) -> tuple[str, ...]:
        """Return the chain's providers, each once."""
        return _providers(self.chain)

    def leaves_some(self, phase: Phase) -> bool:
        """Tell whether a provider is left that could serve a caller of this phase."""
        return not set(self.providers) <= set(phase.broken)


def course_of(plan: Plan, order: Order) -> Course:
    """Lay a drill out: calm, then each provider down and back, then, if wanted, all of them down.

    Raises:
        Refused: no such model or provider, or nobody takes the request.
    """
    name = order.model or _usual(plan, order.parameters)
    sample = sample_of(plan, name, order.parameters)
    chain = _chain(sample)
    # The gateway ends a job at its deadline; whoever has heard nothing a little later, never will.
    patience_s = plan.routes[name].deadline_s + 30
    phases = _phases(order, name, _providers(chain))
    return Course(order, name, sample.asked.parameters, chain, phases, patience_s)


def _phases(order: Order, model: str, providers: tuple[str, ...]) -> tuple[Phase, ...]:
    for provider in order.only:
        if provider not in providers:
            raise Refused(f"--provider: {unknown(f'provider of {model!r}', provider, providers)}")
    phases = [Phase("calm", order.phase_s)]
    for provider in dict.fromkeys(order.only or providers):
        phases += [
            Phase(f"{provider} down", order.phase_s, (provider,)),
            Phase(f"{provider} back", order.phase_s),
        ]
    if order.all_at_once:
        phases.append(Phase("all down", order.phase_s, providers))
    return tuple(phases)


def _usual(plan: Plan, parameters: dict[str, Any]) -> str:
    for name in named_models(plan):
        try:
            chain = _chain(sample_of(plan, name, parameters))
        except Refused:
            continue
        if len(_providers(chain)) > 1:
            return name
    return first_model(plan)


def _chain(sample: Sample) -> tuple[tuple[str, str], ...]:
    return tuple((hop.provider, hop.model) for hop in sample.chain)


def _providers(chain: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(provider for provider, _ in chain))
