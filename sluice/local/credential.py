"""Which key each provider gets in the local stack: one of the sandbox, or a real one from the environment."""

from collections.abc import Collection, Mapping
from pathlib import Path

from gateway.plan import Provider
from sluice.errors import Refused


def credentials_of(
    providers: Mapping[str, Provider],
    live: Collection[str],
    variables: Mapping[str, Collection[str]],
    environment: Mapping[str, str],
) -> dict[str, str]:
    """Return provider -> key for every provider of the plan.

    Args:
        variables: provider -> where its key is looked for, the usual place first.

    Raises:
        Refused: a live provider is unknown, or has no key in the environment.
    """
    unknown = sorted(set(live) - set(providers))
    if unknown:
        known = ", ".join(sorted(providers))
        raise Refused(
            f"LIVE names {', '.join(map(repr, unknown))}, which providers.yaml does not. Known: {known}."
        )
    return {
        name: _live_key(provider, variables[name], environment) if name in live else _played_key(provider)
        for name, provider in providers.items()
    }


def _played_key(provider: Provider) -> str:
    if not provider.auth.token_url:
        return f"sandbox-{provider.name}"
    from sluice.sandbox.account import key_file  # only such a provider pays for it

    return key_file()


def _live_key(provider: Provider, variables: Collection[str], environment: Mapping[str, str]) -> str:
    for variable in variables:
        if found := environment.get(variable, "").strip():
            return _read(variable, found) if provider.auth.token_url else found
    missing = f"{' and '.join(variables)} {'is' if len(variables) == 1 else 'are'} not set"
    raise Refused(
        f"LIVE names {provider.name!r}, but {missing}. "
        f"Run `export {next(iter(variables))}=...` first, or leave {provider.name!r} out to use the sandbox."
    )


def _read(variable: str, found: str) -> str:
    """Read a key file: the variable holds it, or where it is, as SDKs take it."""
    if found.startswith("{"):
        return found
    try:
        return Path(found).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise Refused(f"{variable} names a key file that cannot be read: {found!r}.") from None
