"""The native client in Node against the real stack."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.builders import a_png
from tests.e2e.conftest import Gateway

SCRIPT = Path(__file__).with_name("native.mjs")


def test_what_people_do_with_it_works(gateway: Gateway, tmp_path: Path) -> None:
    """
    A file becomes an input, a job is heard to its end, a key makes one job, a mistake is told. Words come as
    they are said; who leaves ends the call; an answer that breaks off is an error.
    """
    gateway.break_provider("fireworks", kind="slow", delay_s=0.03)
    gateway.break_provider("anthropic", kind="overload")
    (tmp_path / "a.png").write_bytes(a_png())
    settings = {"SLUICE_BASE_URL": gateway.stack.base_url, "SLUICE_API_KEY": gateway.stack.api_key}

    ran = subprocess.run(
        ["node", str(SCRIPT), str(tmp_path / "a.png")],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=90,
    )

    assert ran.returncode == 0, ran.stderr
    told: dict[str, Any] = {}
    for line in ran.stdout.splitlines():
        told |= json.loads(line)
    assert told["job"] == gateway.get(f"/v1/jobs/{told['job']['id']}").json()
    assert (told["names"][0], told["names"][-1], told["ids"]) == ("job.queued", "job.succeeded", True)
    assert len(set(told["again"])) == 1
    assert told["refused"] == ["SluiceError", 404, "model_not_found", False]
    assert told["said"]["text"].startswith("You said: Count the waves")
    assert told["said"]["cost"] > 0
    assert (told["said"]["took_ms"] > 300, told["said"]["ended"]) == (True, "stop")
    assert gateway.ended(gateway.get(f"/v1/jobs/{told['left']}").json())["status"] == "canceled"
    assert told["broken"][:3] == ["SluiceError", "provider_capacity", None]
    assert told["broken"][3]
