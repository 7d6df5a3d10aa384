"""A provider's entry and models, compiled from the shipped files alone."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gateway.domain.media import MODALITIES
from gateway.plan import Model, Offer, Provider
from infra.compile import Source, compile_files
from infra.compile.shipped import LISTS
from sluice.root import CATALOG

_LINE = re.compile(r'^    "?([^":]+(?::[^ ":]+)*)"?: \{like: (\w+)-[0-9a-f]+', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Played:
    """An entry with its models by id."""

    provider: Provider
    models: dict[str, Model]

    def offers(self, protocols: frozenset[str]) -> list[tuple[Model, str, Offer]]:
        """List what is offered over some protocols: model, operation, offer."""
        return [
            (model, operation, offer)
            for model in self.models.values()
            for operation, offer in model.offers.items()
            if offer.protocol in protocols
        ]


def names() -> list[str]:
    """Name the providers of the catalogue."""
    return sorted(path.stem for path in CATALOG.glob("*.yaml"))


@cache
def played(name: str) -> Played:
    """Compile one provider."""
    files = [Path(f"{name}.yaml"), Path(LISTS) / f"{name}.yaml"]
    texts = {str(file): (CATALOG / file).read_text() for file in files if (CATALOG / file).exists()}
    account = f"version: 1\nproviders: {{{name}: {{secret: sandbox/{name}}}}}\n"
    plan = compile_files(Source("routes.yaml", "version: 1\n"), Source("providers.yaml", account), texts).plan
    if plan is None:
        raise ValueError(f"the catalogue's entry of {name!r} does not compile: run `sluice validate`")
    return Played(plan.providers[name], {model.id: model for model in plan.models.values()})


@cache
def made_by(name: str) -> dict[str, str]:
    """Tell what each listed model makes, from the list's lines: reading it whole takes much longer."""
    path = CATALOG / LISTS / f"{name}.yaml"
    found = _LINE.findall(path.read_text()) if path.exists() else []
    return {id_: MODALITIES[operation] for id_, operation in found if operation in MODALITIES}
