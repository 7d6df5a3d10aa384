"""The plan of the local target: the sandbox plays every provider that is not live, and nothing takes long."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from gateway.plan import Model, Plan, Provider
from gateway.wire import Auth, Callback, Protocol
from infra.compile.lower import hashed
from infra.compile.vocabulary import OPERATIONS

TOTAL_DEADLINE_S = 60


@dataclass(frozen=True, slots=True)
class Local:
    """What the local target changes.

    Args:
        sandbox_url: where each provider is played under its own name.
        live: providers that are called for real.
        usual_s: modality -> how long the sandbox takes for one.
        submit_deadline_s: how long a start may take at most.
    """

    sandbox_url: str
    live: frozenset[str] = frozenset()
    usual_s: Mapping[str, float] = field(default_factory=lambda: {"image": 0.5, "video": 2.2, "audio": 0.6})
    submit_deadline_s: float = 8


def localise(plan: Plan, local: Local) -> Plan:
    """Point every provider that is not live at the sandbox, and scale its times down."""
    providers = {name: p if name in local.live else _played(p, local) for name, p in plan.providers.items()}
    models = {key: m if m.provider in local.live else _hurried(m, local) for key, m in plan.models.items()}
    return hashed(replace(plan, providers=providers, models=models))


def _played(provider: Provider, local: Local) -> Provider:
    root = f"{local.sandbox_url.rstrip('/')}/{provider.name}"
    return replace(
        provider,
        auth=_exchanged_here(provider.auth, root),
        base_urls={
            region: f"{root}{urlsplit(url).path.rstrip('/')}" for region, url in provider.base_urls.items()
        },
        protocols={name: _capped(protocol, root, local) for name, protocol in provider.protocols.items()},
    )


def _exchanged_here(auth: Auth, root: str) -> Auth:
    """Let keys be exchanged by the sandbox, where they are exchanged at all."""
    return replace(auth, token_url=f"{root}{urlsplit(auth.token_url).path}") if auth.token_url else auth


def _capped(protocol: Protocol, root: str, local: Local) -> Protocol:
    return replace(
        protocol,
        callback=protocol.callback and _signed_here(protocol.callback, root),
        submit_deadline_s=min(protocol.submit_deadline_s, local.submit_deadline_s),
        total_deadline_s=min(protocol.total_deadline_s, TOTAL_DEADLINE_S),
    )


def _signed_here(callback: Callback, root: str) -> Callback:
    """Let the keys that a provider signs with be the sandbox's, where they have an address of their own."""
    signature = callback.signature
    if signature is None or not urlsplit(signature.keys).scheme:
        return callback
    keys = f"{root}{urlsplit(signature.keys).path}"
    return replace(callback, signature=replace(signature, keys=keys))


def _hurried(model: Model, local: Local) -> Model:
    slowest = max(local.usual_s.get(OPERATIONS[operation], model.usual_s) for operation in model.offers)
    return replace(model, usual_s=min(model.usual_s, slowest))
