"""Which key each provider gets in the local stack: one of the sandbox, or a real one from the environment."""

from collections.abc import Collection, Mapping

from sluice.errors import Refused

# Source: each provider's own SDK reads these names (research/providers.md); all others follow one pattern.
_VARIABLES = {
    "google": ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    "fal": ("FAL_KEY",),
    "runway": ("RUNWAYML_API_SECRET",),
}


def variables_of(provider: str) -> tuple[str, ...]:
    """Return the names of environment variables that may hold a provider's key, the usual one first.

    >>> variables_of("in-house")
    ('IN_HOUSE_API_KEY',)
    """
    return _VARIABLES.get(provider, (f"{provider.upper().replace('-', '_')}_API_KEY",))


def credentials_of(
    providers: Collection[str], live: Collection[str], environment: Mapping[str, str]
) -> dict[str, str]:
    """Return provider -> key for every provider of the plan.

    Raises:
        Refused: a live provider is unknown, or has no key in the environment.
    """
    unknown = sorted(set(live) - set(providers))
    if unknown:
        known = ", ".join(sorted(providers))
        raise Refused(
            f"LIVE names {', '.join(map(repr, unknown))}, which providers.yaml does not. Known: {known}."
        )
    return {name: _live_key(name, environment) if name in live else f"sandbox-{name}" for name in providers}


def _live_key(provider: str, environment: Mapping[str, str]) -> str:
    variables = variables_of(provider)
    for variable in variables:
        if environment.get(variable, "").strip():
            return environment[variable].strip()
    missing = f"{' and '.join(variables)} {'is' if len(variables) == 1 else 'are'} not set"
    raise Refused(
        f"LIVE names {provider!r}, but {missing}. "
        f"Run `export {variables[0]}=...` first, or leave {provider!r} out to use the sandbox."
    )
