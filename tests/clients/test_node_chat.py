"""Clients in Node: OpenAI's own, and the AI SDK over its package for whatever speaks like OpenAI."""

import json
import subprocess
from pathlib import Path

from tests.e2e.conftest import ROOT, Gateway

CHAT = Path(__file__).with_name("chat.mjs")


def test_chats_and_embeddings_work_in_node(gateway: Gateway) -> None:
    """
    Whole, streamed, with tools and forms; an unknown parameter is a BadRequestError that names it.
    """
    gateway.break_provider("fireworks", kind="slow", delay_s=0.03)

    done = subprocess.run(
        ["node", str(CHAT), gateway.stack.base_url, gateway.stack.api_key],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    told = {line.pop("name"): line for line in map(json.loads, done.stdout.splitlines())}
    words = told["whole"]["text"]
    assert words.startswith("You said: Count the waves")
    assert {told[name]["text"] for name in ("stream", "ai whole", "ai stream")} == {words}
    assert told["whole"]["cost"] > 0
    assert told["whole"]["id"].startswith("gw_")
    assert told["stream"]["took_ms"] > 300
    assert told["error"] == {
        "kind": "BadRequestError", "code": "unknown_parameter", "param": "temprature", "status": 400
    }  # fmt: skip
    assert told["ai whole"]["tokens"] == told["ai stream"]["tokens"] > 0
    assert told["ai tool"]["results"] == ["sunny in Oslo"]
    assert told["ai object"]["object"] == {"name": "Ada"}
    assert told["embeddings"]["sizes"] == told["ai embeddings"]["sizes"] == [256, 256]
