"""From texts to a plan: read, fit the shape, check, lower. All problems of all files are found in one run."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.plan import Plan
from infra.compile import lower
from infra.compile.blueprint import Blueprint
from infra.compile.checks import check
from infra.compile.local import Local, localise
from infra.compile.node import Node, empty
from infra.compile.problems import Problem, report
from infra.compile.schema.provider import Provider, ProvidersShell
from infra.compile.schema.route import RoutesFile
from infra.compile.shape import P, fit
from infra.compile.shipped import shipped
from infra.compile.source import Source, parse
from infra.compile.whole import Whole, stranger, whole


@dataclass(frozen=True, slots=True)
class Compiled:
    """What came of it.

    Args:
        plan, blueprint: nothing when there is an error.
        problems: errors and warnings, sorted by place.
        variables: provider -> the environment variables that may hold its key, the usual one first.
    """

    plan: Plan | None
    blueprint: Blueprint | None
    problems: tuple[Problem, ...]
    variables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that are no warnings."""
        return tuple(problem for problem in self.problems if problem.level == "error")


def compile_files(
    routes: Source,
    providers: Source,
    catalog: Mapping[str, str],
    *,
    local: Local | None = None,
    public_url: str = "",
) -> Compiled:
    """Compile the two files against a catalogue.

    Args:
        catalog: file name, as reports shall call it -> its text; ``models/<provider>.yaml`` are lists.
        local: what the local target changes; nothing for AWS.
        public_url: the address that callers use, where it is not API Gateway's own.
    """
    found: list[Problem] = []
    top = _read(routes, found)
    shell = _read(providers, found)
    entries, problems = shipped(catalog, shell.at("providers").children if shell else None)
    found += problems
    everything = whole(
        top or empty(routes.file), shell or empty(providers.file), entries, complete=shell is not None
    )
    file = _fit(top, RoutesFile, found) if top else None
    if shell:
        _fit(shell, ProvidersShell, found)
    accounts = _accounts(everything, found) if shell else {}
    found += check(everything)
    reported = report(found)
    if file is None or any(problem.level == "error" for problem in reported):
        return Compiled(None, None, reported)
    plan = lower.plan(file, accounts)
    if local:
        plan = localise(plan, local)
    blueprint = lower.blueprint(plan, target="local" if local else "aws", public_url=public_url)
    return Compiled(
        plan, blueprint, reported, {name: _variables(name, each) for name, each in accounts.items()}
    )


def _variables(name: str, account: Provider) -> tuple[str, ...]:
    """Return where a key is looked for: where the provider's own SDK does, or by the pattern of most."""
    return tuple(account.variables) or (f"{name.upper().replace('-', '_')}_API_KEY",)


def _accounts(everything: Whole, found: list[Problem]) -> dict[str, Provider]:
    accounts: dict[str, Provider] = {}
    for name, entry in everything.providers.items():
        if name in everything.catalog or not stranger(entry):
            account = _fit(entry, Provider, found)
            accounts |= {name: account} if account else {}
    return accounts


def _fit(node: Node, part: type[P], found: list[Problem]) -> P | None:
    fitted, problems = fit(node, part)
    found += problems
    return fitted


def _read(source: Source, found: list[Problem]) -> Node | None:
    node, problems = parse(source)
    found += problems
    return node
