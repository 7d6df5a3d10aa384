"""Which key a call goes out with; the only place where a job's own keys are opened."""

from gateway.domain.job import Job
from gateway.flow.ports import Ports


def secret_of(ports: Ports, job: Job, provider: str) -> str:
    """Return the key for a provider: the caller's own where the job brought one, else ours.

    Raises:
        LookupError: our key is not set.
    """
    if sealed := job.byok.get(provider):
        return ports.secrets.unseal(sealed, _context(job.tenant, job.id, provider))
    return ports.secrets.get(ports.plan.providers[provider].secret)


def seal(ports: Ports, tenant: str, job_id: str, keys: dict[str, str]) -> dict[str, str]:
    """Encrypt a caller's keys, each bound to its tenant, job and provider."""
    return {
        provider: ports.secrets.seal(key, _context(tenant, job_id, provider))
        for provider, key in keys.items()
    }


def _context(tenant: str, job_id: str, provider: str) -> dict[str, str]:
    return {"tenant": tenant, "job": job_id, "provider": provider}
