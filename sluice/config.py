"""Reads the two files of a folder, with the catalogue that we ship, and compiles them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.plan import Plan
from infra.compile.source import Source
from sluice.errors import Refused
from sluice.root import CATALOG

ROUTES, PROVIDERS = "routes.yaml", "providers.yaml"


@dataclass(frozen=True, slots=True)
class Config:
    """What the files of a folder say.

    Args:
        problems: everything that is wrong or doubtful, in order of the files.
        variables: provider -> the environment variables that may hold its key.
    """

    folder: Path
    plan: Plan | None
    problems: tuple[Any, ...]
    variables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_broken(self) -> bool:
        """Tell whether a problem forbids to go on."""
        return self.plan is None or any(problem.level == "error" for problem in self.problems)


class BadConfig(Refused):
    """The files do not compile."""

    def __init__(self, config: Config) -> None:
        self.config = config
        errors = sum(problem.level == "error" for problem in config.problems)
        super().__init__(
            f"{errors} {'error' if errors == 1 else 'errors'} in {config.folder}. Mend them, then again."
        )


def read(folder: Path, *, sandbox_url: str = "", live: Collection[str] = (), public_url: str = "") -> Config:
    """Compile the files of a folder.

    Args:
        sandbox_url: where all providers but the live ones are spoken to.

    Raises:
        Refused: a file is not there or not text.
    """
    from infra.compile import Local, compile_files

    local = Local(sandbox_url, frozenset(live)) if sandbox_url else None
    compiled = compile_files(
        _source(folder, ROUTES), _source(folder, PROVIDERS), _catalog(), local=local, public_url=public_url
    )
    return Config(folder, compiled.plan, tuple(compiled.problems), compiled.variables)


def read_catalogue() -> Plan:
    """Compile the shipped catalogue by itself, with every provider of it enabled."""
    from infra.compile import compile_files

    texts = _catalog()
    names = [name.removesuffix(".yaml") for name in texts if "/" not in name]
    enabled = "".join(f"  {name}: {{secret: sluice/providers/{name}}}\n" for name in names)
    compiled = compile_files(
        Source(ROUTES, "version: 1\n"), Source(PROVIDERS, f"version: 1\nproviders:\n{enabled}"), texts
    )
    if compiled.plan is None:
        raise Refused(f"the shipped catalogue does not compile: {compiled.errors[0]}")
    return compiled.plan


def _catalog() -> dict[str, str]:
    return {
        str(file.relative_to(CATALOG)): file.read_text(encoding="utf-8")
        for file in sorted(CATALOG.rglob("*.yaml"))
    }


def read_sound(folder: Path) -> tuple[Plan, Config]:
    """Compile the files of a folder and insist that they are right.

    Raises:
        BadConfig: they are not.
    """
    config = read(folder)
    if config.is_broken or config.plan is None:
        raise BadConfig(config)
    return config.plan, config


def read_again(folder: Path, context: Mapping[str, str]) -> Config:
    """Compile the files of a folder for a stack that is there.

    Args:
        context: what the app was told when it was deployed; empty in AWS.
    """
    return read(
        folder,
        sandbox_url=context.get("sandbox_url", ""),
        live=live_of(context),
        public_url=context.get("public_url", ""),
    )


def live_of(context: Mapping[str, str]) -> list[str]:
    """Return the providers that a local stack calls for real."""
    return [name for name in context.get("live", "").split(",") if name]


def _source(folder: Path, name: str) -> Source:
    path = folder / name
    try:
        return Source(name, path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refused(
            f"{path} does not exist. Go to the folder of your files, or name it with --dir."
        ) from None
    except UnicodeDecodeError:
        raise Refused(f"{path} is not UTF-8 text. Save it as UTF-8.") from None
