"""The JSON Schemas that editors use."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.compile import json_schemas

SHIPPED = Path(__file__).parents[2] / "schemas"


@pytest.mark.parametrize("name", ["routes.schema.json", "providers.schema.json"])
def test_shipped_schemas_are_the_generated_ones(name: str) -> None:
    """
    Nobody edits them by hand. To write them anew: see ``infra/compile/schemas.py``.
    """
    assert json.loads((SHIPPED / name).read_text()) == json_schemas()[name]


def test_nothing_else_is_shipped() -> None:
    """
    No schema of an older release lies about.
    """
    assert {path.name for path in SHIPPED.iterdir()} == set(json_schemas())


@pytest.mark.parametrize("name", ["routes.schema.json", "providers.schema.json"])
def test_editors_can_explain_every_key(name: str) -> None:
    """
    Each key of each part has a description.
    """
    parts = {"top": json_schemas()[name], **json_schemas()[name]["$defs"]}

    silent = [f"{part}.{key}" for part, schema in parts.items() for key in _undescribed(schema)]

    assert silent == []


def test_routes_need_what_the_compiler_needs() -> None:
    """
    Editors underline a route without operations or targets, and a key that nobody knows.
    """
    schema = json_schemas()["routes.schema.json"]

    assert schema["$defs"]["Route"]["required"] == ["operations", "targets"]
    assert schema["$defs"]["Route"]["additionalProperties"] is False


def test_accounts_need_nothing_that_the_catalogue_may_know() -> None:
    """
    An editor cannot see the catalogue, so it asks for no key of an entry.
    """
    schema = json_schemas()["providers.schema.json"]

    assert "required" not in schema["$defs"]["Provider"]
    assert schema["$defs"]["PriceLine"]["required"] == ["meter", "usd", "as_of", "source"]


def _undescribed(schema: dict[str, Any]) -> list[str]:
    return [key for key, field in schema.get("properties", {}).items() if "description" not in field]
