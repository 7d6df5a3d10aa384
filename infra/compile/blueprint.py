"""The blueprint: all that CDK resources may know of the product. Names, numbers and switches, no YAML."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pool:
    """A provider's queue: who it is for and how many calls may be in flight from it.

    Args:
        secret: name in Secrets Manager.
        concurrent: workers at once, at least 2 (the least that an SQS source takes).
    """

    provider: str
    secret: str
    concurrent: int


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What one deployment consists of.

    Args:
        target: ``aws`` or ``local``.
        retention_days: the retention classes that artifacts may have; each is a prefix with a lifecycle rule.
        start_timeout_s: how long one start may take, from the longest submit deadline of the plan.
        public_url: the address that callers use, where it is not API Gateway's own.
    """

    target: str
    plan_hash: str
    pools: tuple[Pool, ...]
    retention_days: tuple[int, ...]
    start_timeout_s: int
    public_url: str = ""
