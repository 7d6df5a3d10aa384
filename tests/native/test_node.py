"""The native client in Node: its own tests, with messages that the gateway signs."""

import json
import os
import re
import subprocess
from pathlib import Path

from gateway.domain import webhook

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "clients/node"


def test_the_client_keeps_what_it_promises() -> None:
    """
    Retries, events, looks, errors, uploads, webhooks.
    """
    body, secrets = b'{"type": "job.succeeded"}', (b"a" * 32, b"b" * 32)
    signed = {
        "body": body.decode(),
        "headers": webhook.headers("msg", 1_000, body, *secrets),
        "secrets": [webhook.shown(secret) for secret in secrets],
    }
    tests = Path(__file__).with_name("client.test.mjs")

    ran = subprocess.run(
        ["node", "--test", "--test-reporter=tap", str(tests)],
        env=os.environ | {"SIGNED": json.dumps(signed)},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert ran.returncode == 0, ran.stdout
    assert "# skipped 0" in ran.stdout
    assert int(re.findall(r"^# pass (\d+)$", ran.stdout, re.MULTILINE)[0]) >= 30


def test_types_are_there_for_all_that_is_exported() -> None:
    """
    Nobody imports what has no type, or the other way round.
    """
    code = (CLIENT / "index.js").read_text()
    exported = set(re.findall(r"\w+", re.findall(r"^export \{(.*)\}", code, re.MULTILINE)[0]))
    typed = set(
        re.findall(r"^export (?:class|function) (\w+)", (CLIENT / "index.d.ts").read_text(), re.MULTILINE)
    )

    assert exported == typed
