"""Which key a call goes out with; the only place where a job's own keys are opened, and keys become tokens.

Rule: a token lives in this process alone, under the digest of the key that it was given for.
"""

import hashlib

from gateway.domain.job import Job
from gateway.domain.outcome import Failure
from gateway.flow.ports import Ports
from gateway.plan import Provider
from gateway.protocols import grant
from gateway.protocols.grant import Grant

TOKEN_S = 10


def of(ports: Ports, job: Job, name: str, limit_s: float = TOKEN_S) -> Grant | Failure:
    """Return what a call to a provider goes out with: by the job's own key if it brought one, else by ours.

    Args:
        limit_s: how long it may take, where the key is to be exchanged first.
    """
    provider = ports.plan.providers[name]
    if not (sealed := job.byok.get(name)):
        return ours(ports, provider, limit_s)
    return _granted(
        ports, provider, ports.secrets.unseal(sealed, _context(job.tenant, job.id, name)), limit_s
    )


def refusal(ports: Ports, job: Job, name: str, limit_s: float) -> Failure | None:
    """Exchange a key ahead of a start: what has no token yet has not left, whoever dies in between."""
    if not ports.plan.providers[name].auth.token_url:
        return None
    grant = of(ports, job, name, limit_s)
    return grant if isinstance(grant, Failure) else None


def ours(ports: Ports, provider: Provider, limit_s: float = TOKEN_S) -> Grant | Failure:
    """Return what goes out in our own name."""
    try:
        secret = ports.secrets.get(provider.secret)
    except LookupError as error:
        return Failure("credential", "secret_missing", str(error))
    return _granted(ports, provider, secret, limit_s)


def seal(ports: Ports, tenant: str, job_id: str, keys: dict[str, str]) -> dict[str, str]:
    """Encrypt a caller's keys, each bound to its tenant, job and provider."""
    return {
        provider: ports.secrets.seal(key, _context(tenant, job_id, provider))
        for provider, key in keys.items()
    }


def _granted(ports: Ports, provider: Provider, secret: str, limit_s: float) -> Grant | Failure:
    """Exchange a key that is not sent itself, unless its token is at hand."""
    if not provider.auth.token_url:
        return grant.plain(provider, secret)
    name = hashlib.sha256(f"{provider.name} {secret}".encode()).hexdigest()
    known = ports.grants.get(name)
    if known and ports.now() < known.until:
        return known
    asked = grant.request(provider, secret, ports.now())
    if isinstance(asked, Failure):
        return asked
    answer = ports.wire.send(asked, min(limit_s, TOKEN_S))
    made = grant.read(provider, secret, answer, ports.now())
    if isinstance(made, Grant):
        for old in [old for old, each in list(ports.grants.items()) if each.until <= ports.now()]:
            ports.grants.pop(old, None)
        ports.grants[name] = made
    return made


def _context(tenant: str, job_id: str, provider: str) -> dict[str, str]:
    return {"tenant": tenant, "job": job_id, "provider": provider}
