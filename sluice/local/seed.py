"""Fills a fresh local stack: the providers' keys, and a key for callers of every tier."""

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.aws.keys import Keys
from gateway.plan import Plan

ADMIN = "admin"
SCOPES = ("submit", "read")


def put_secret(secrets_manager: Any, name: str, value: str) -> None:
    """Create a secret, or give it a new value if it differs."""
    try:
        found = secrets_manager.get_secret_value(SecretId=name)["SecretString"]
    except secrets_manager.exceptions.ResourceNotFoundException:
        secrets_manager.create_secret(Name=name, SecretString=value)
        return
    if found != value:
        secrets_manager.put_secret_value(SecretId=name, SecretString=value)


def put_secrets(secrets_manager: Any, plan: Plan, credentials: Mapping[str, str]) -> None:
    """Give every provider of the plan its key."""
    for name, provider in plan.providers.items():
        put_secret(secrets_manager, provider.secret, credentials[name])


def make_keys(keys: Keys, tiers: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """Return one key a tier and one for the admin, keeping those of last time that the table still has."""
    names = [*tiers]
    wanted: dict[str, tuple[str, tuple[str, ...]]] = {tier: (tier, SCOPES) for tier in names}
    wanted[ADMIN] = (_best(names), (*SCOPES, "admin"))
    return {name: _kept(keys, known.get(name)) or _made(keys, name, *order) for name, order in wanted.items()}


def usual(keys: Mapping[str, str]) -> str:
    """Return the key that examples use."""
    return keys[_best([name for name in keys if name != ADMIN])]


def _best(tiers: list[str]) -> str:
    if not tiers:
        return "default"
    return "pro" if "pro" in tiers else tiers[0]


def _kept(keys: Keys, text: str | None) -> str | None:
    return text if text and keys.find(text) else None


def _made(keys: Keys, name: str, tier: str, scopes: tuple[str, ...]) -> str:
    return keys.create(name=f"local {name}", tenant="default", tier=tier, scopes=scopes)[1]
