"""A folder with the two files, small."""

from pathlib import Path

import pytest

ROUTES = """\
version: 1
tiers:
  pro: {rpm: 300, concurrent: 50}
models:
  picture:
    operations: [text_to_image]
    targets: [google/gemini-3-pro-image, fal/fal-ai/nano-banana-pro]
"""
PROVIDERS = """\
version: 1
providers:
  google: {secret: sluice/providers/google, limits: {rpm: 60, concurrent: 10}}
  fal:    {secret: sluice/providers/fal, limits: {rpm: 120, concurrent: 40}}
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Write the two files and return their folder."""
    (tmp_path / "routes.yaml").write_text(ROUTES)
    (tmp_path / "providers.yaml").write_text(PROVIDERS)
    return tmp_path
