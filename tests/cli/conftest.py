"""A folder with the two files, small."""

from pathlib import Path

import pytest

from tests.cli.sample import written


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Write the two files and return their folder."""
    return written(tmp_path)
