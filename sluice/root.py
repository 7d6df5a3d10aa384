"""Where the tool's own files are: the repository that it runs from."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CATALOG = ROOT / "infra" / "catalog"
PYTHON = sys.executable
PYTHONPATH = f"{ROOT / 'functions'}:{ROOT}"
CDK = ROOT / "node_modules" / ".bin" / "cdk"
EMULATOR_PYTHON = ROOT / ".sluice" / "emulator" / "bin" / "python"
