"""The API as callers read it: ``openapi.yaml`` beside this module. What API Gateway reads is in ``api``."""

from pathlib import Path
from typing import Any

import yaml


def public_document() -> dict[str, Any]:
    """Return the document that ``/openapi.json`` answers."""
    document: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text())
    return document
