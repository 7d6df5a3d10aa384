"""The app: users' files in, a cloud assembly or a report out."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.resources.stacks import CONTEXT, ROOT


def _run(outdir: Path, **context: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "CDK_VALIDATION": "false",
        "CDK_OUTDIR": str(outdir),
        "CDK_CONTEXT_JSON": json.dumps(CONTEXT | context),
        "PYTHONPATH": f"{ROOT / 'functions'}{os.pathsep}{ROOT}",
    }
    command = [sys.executable, "-m", "infra.app"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.synth
def test_example_files_become_a_stack(tmp_path: Path):
    done = _run(tmp_path, target="local", sandbox_url="http://localhost:8788", stack="mine")

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "mine.template.json").exists()


@pytest.mark.synth
def test_mistakes_are_told_with_their_place_and_nothing_is_built(tmp_path: Path):
    (tmp_path / "providers.yaml").write_text((ROOT / "providers.yaml").read_text())
    routes = "version: 1\nmodels:\n  m: {operations: [text_to_image], targets: [fall/x]}\n"
    (tmp_path / "routes.yaml").write_text(routes)

    done = _run(tmp_path / "out", dir=str(tmp_path))

    assert done.returncode == 1
    assert "routes.yaml:3:" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.synth
@pytest.mark.parametrize("context", [{"target": "locla"}, {"target": "local"}])
def test_target_that_cannot_be_meant_is_refused(tmp_path: Path, context: dict[str, str]):
    done = _run(tmp_path, **context)

    assert done.returncode == 1
    assert "-c target is aws, or local together with -c sandbox_url=" in done.stderr
