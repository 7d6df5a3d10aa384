"""The two files, small, and a folder with them."""

from pathlib import Path

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


def written(folder: Path) -> Path:
    """Write the two files into a folder and return it."""
    (folder / "routes.yaml").write_text(ROUTES)
    (folder / "providers.yaml").write_text(PROVIDERS)
    return folder
