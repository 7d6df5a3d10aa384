"""JSON Schemas of the two files, for editors: what they complete and underline while one types.

To write the shipped ones anew, from the repository's top::

    python -c "import json; from infra.compile import json_schemas as s; \\
    [open(f'schemas/{n}', 'w').write(json.dumps(v, indent=2) + chr(10)) for n, v in s().items()]"
"""

from typing import Any

from pydantic import BaseModel

from infra.compile.schema.provider import ProvidersFile
from infra.compile.schema.route import RoutesFile

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def json_schemas() -> dict[str, dict[str, Any]]:
    """Return file name in ``schemas/`` -> schema."""
    providers = _schema(ProvidersFile, "Sluice providers")
    for name, definition in providers["$defs"].items():
        _leave_to_catalog(name, definition)
    return {"routes.schema.json": _schema(RoutesFile, "Sluice routes"), "providers.schema.json": providers}


def _schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    schema = model.model_json_schema()
    return {"$schema": _DRAFT, **schema, "title": title}


def _leave_to_catalog(name: str, definition: dict[str, Any]) -> None:
    """An entry is laid over the catalogue's, so that what is required may be there already."""
    if name not in ("PriceLine", "ErrorRule", "Output"):  # these stand in lists, which replace
        definition.pop("required", None)
