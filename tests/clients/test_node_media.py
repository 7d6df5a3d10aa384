"""OpenAI's Node client and the AI SDK, for pictures, speech and films."""

import base64
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sluice.local.stack import Stack
from tests.builders import a_png

SCRIPT = Path(__file__).with_name("media.mjs")


@pytest.fixture(scope="module")
def seen(stack: Stack) -> dict[str, Any]:
    """What both saw, in one run."""
    png = base64.b64encode(a_png()).decode()
    command = ["node", SCRIPT, stack.base_url, stack.api_key, png]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, env={"PATH": os.environ["PATH"]}
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def test_openai_makes_and_changes_pictures(seen: dict[str, Any]) -> None:
    """
    As links and as bytes, with their cost where both places tell it.
    """
    made = seen["generate"]

    assert made == {"type": "image/png", "cost": made["header"], "header": made["header"], "request": True}
    assert made["cost"] > 0
    assert seen["edit"] == "PNG"


def test_openai_speaks(seen: dict[str, Any]) -> None:
    """
    The file's own type and bytes.
    """
    assert seen["speech"]["type"] == "audio/mpeg"
    assert seen["speech"]["bytes"] > 1000


def test_openai_makes_a_film(seen: dict[str, Any]) -> None:
    """
    From its creation to its deletion.
    """
    assert seen["film"] == {"status": "completed", "type": "ftyp", "listed": True, "deleted": True}


def test_openai_understands_errors_and_may_leave(seen: dict[str, Any]) -> None:
    """
    By the classes of the client.
    """
    assert seen["error"] == {
        "kind": "NotFoundError",
        "code": "model_not_found",
        "param": "model",
        "request": True,
    }
    assert seen["abort"] == "APIUserAbortError"


def test_the_ai_sdk_makes_and_changes_pictures(seen: dict[str, Any]) -> None:
    """
    In calls of its own number, from its own files, with our words for what was wrong.
    """
    assert (seen["ai"]["images"], seen["ai"]["type"].partition("/")[0]) == (2, "image")
    # It followed the link to the bucket, which is on this machine here, where it does not go.
    assert "127.0.0.1 is not allowed" in seen["aiLink"]
    assert seen["aiEdit"] == {"type": "image/png", "tokens": True}
    assert (seen["aiError"]["status"], seen["aiError"]["message"]) == (404, "unknown model 'gpt-imagf'")
