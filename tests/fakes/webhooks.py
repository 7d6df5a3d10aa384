"""Registered webhooks, their deliveries, and who carries them."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from gateway.domain.receiver import Delivery, Webhook
from gateway.domain.webhook import Secret
from gateway.errors import Conflict


@dataclass
class FakeWebhooks:
    """Webhooks in a dictionary, with the same rule of versions."""

    items: dict[tuple[str, str], Webhook] = field(default_factory=dict)
    secrets: dict[tuple[str, str], Secret] = field(default_factory=dict)

    def of(self, tenant: str) -> list[Webhook]:
        """Return a tenant's."""
        return [each for each in self.items.values() if each.tenant == tenant]

    def get(self, tenant: str, id: str) -> Webhook | None:
        """Read one."""
        return self.items.get((tenant, id))

    def create(self, webhook: Webhook) -> None:
        """Store a new one."""
        self.items[webhook.tenant, webhook.id] = webhook

    def save(self, webhook: Webhook) -> Webhook:
        """Write over the version that was read."""
        if self.items[webhook.tenant, webhook.id].version != webhook.version:
            raise Conflict(webhook.id)
        saved = replace(webhook, version=webhook.version + 1)
        self.items[webhook.tenant, webhook.id] = saved
        return saved

    def delete(self, tenant: str, id: str) -> None:
        """Forget one."""
        self.items.pop((tenant, id), None)

    def secret_of_key(self, tenant: str, key_id: str) -> Secret:
        """Return a key's."""
        return self.secrets.get((tenant, key_id), Secret())

    def turn(self, tenant: str, key_id: str, before: Secret, after: Secret) -> Secret:
        """Note a rotation."""
        if self.secret_of_key(tenant, key_id) != before:
            raise Conflict(key_id)
        self.secrets[tenant, key_id] = after
        return after


@dataclass
class FakeDeliveries:
    """Deliveries in a dictionary."""

    items: dict[tuple[str, str], Delivery] = field(default_factory=dict)

    def get(self, tenant: str, id: str) -> Delivery | None:
        """Read one."""
        return self.items.get((tenant, id))

    def create(self, delivery: Delivery) -> None:
        """Store a new one."""
        if (delivery.tenant, delivery.id) in self.items:
            raise Conflict(delivery.id)
        self.save(delivery)

    def save(self, delivery: Delivery) -> None:
        """Write one."""
        self.items[delivery.tenant, delivery.id] = delivery

    def of_job(self, tenant: str, job_id: str) -> list[Delivery]:
        """Return a job's."""
        return self._newest(
            each for each in self.items.values() if (each.tenant, each.job) == (tenant, job_id)
        )

    def of_webhook(self, tenant: str, id: str, limit: int, after: Delivery | None) -> list[Delivery]:
        """Return a page."""
        found = self._newest(
            each for each in self.items.values() if (each.tenant, each.webhook) == (tenant, id)
        )
        return found[found.index(after) + 1 if after else 0 :][:limit]

    def _newest(self, found: Iterable[Delivery]) -> list[Delivery]:
        return sorted(found, key=lambda each: each.created_at, reverse=True)


@dataclass
class FakeCourier:
    """Remember which deliveries began: tenant, job, webhook, name."""

    begun: list[tuple[str, str, str, str]] = field(default_factory=list)

    def start(self, tenant: str, job_id: str, webhook: str, delivery: str) -> None:
        """Begin one, unless it has begun."""
        if (tenant, job_id, webhook, delivery) not in self.begun:
            self.begun.append((tenant, job_id, webhook, delivery))
