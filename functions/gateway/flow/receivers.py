"""What the flow needs in order to tell receivers how jobs ended: three of its ports."""

from collections.abc import Sequence
from typing import Protocol

from gateway.domain.receiver import Delivery, Webhook
from gateway.domain.webhook import Secret


class Webhooks(Protocol):
    """The registered webhooks. Every write names the version it was made from."""

    def of(self, tenant: str) -> Sequence[Webhook]:
        """Return all of a tenant, the oldest first."""

    def get(self, tenant: str, id: str) -> Webhook | None:
        """Read one as of the latest write."""

    def create(self, webhook: Webhook) -> None:
        """Store a new one."""

    def save(self, webhook: Webhook) -> Webhook:
        """Write one back; raise ``Conflict`` if it is not the latest."""

    def delete(self, tenant: str, id: str) -> None:
        """Forget one."""

    def secret_of_key(self, tenant: str, key_id: str) -> Secret:
        """Return which secret signs what a key's requests have named."""

    def turn(self, tenant: str, key_id: str, before: Secret, after: Secret) -> Secret:
        """Note a rotation of it; raise ``Conflict`` if there was another."""


class Deliveries(Protocol):
    """What was told to whom, with each try, for thirty days."""

    def get(self, tenant: str, id: str) -> Delivery | None:
        """Read one as of the latest write."""

    def create(self, delivery: Delivery) -> None:
        """Store a new one; raise ``Conflict`` if there is one of that id."""

    def save(self, delivery: Delivery) -> None:
        """Write one, as it is now."""

    def of_job(self, tenant: str, job_id: str) -> Sequence[Delivery]:
        """Return all of a job, the newest first."""

    def of_webhook(self, tenant: str, id: str, limit: int, after: Delivery | None) -> list[Delivery]:
        """Return some of a registered webhook, the newest first, from behind one of them."""


class Courier(Protocol):
    """The durable way of carrying a delivery out."""

    def start(self, tenant: str, job_id: str, webhook: str, delivery: str) -> None:
        """Begin a delivery; doing it twice is doing it once."""
