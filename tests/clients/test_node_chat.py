"""Clients in Node: OpenAI's own, and the AI SDK over its package for whatever speaks like OpenAI."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.e2e.conftest import ROOT, Gateway

HERE = Path(__file__).parent


def told_by(script: str, gateway: Gateway) -> dict[str, dict[str, Any]]:
    """Run a script; return what it shows, by name."""
    done = subprocess.run(
        ["node", str(HERE / script), gateway.stack.base_url, gateway.stack.api_key],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {line.pop("name"): line for line in map(json.loads, done.stdout.splitlines())}


def test_chats_and_embeddings_work_in_node(gateway: Gateway) -> None:
    """
    Whole, streamed, with tools and forms; an unknown parameter is an error that names it. What is busy
    is called again, and who leaves ends the job.
    """
    gateway.break_provider("fireworks", kind="slow", delay_s=0.03)

    told = told_by("chat.mjs", gateway)

    words = told["whole"]["text"]
    assert words.startswith("You said: Count the waves")
    texts = ("stream", "again", "ai whole", "ai stream", "ai again")
    assert {told[name]["text"] for name in texts} == {words}
    assert told["ai response"]["text"] == told["ai response stream"]["text"]
    assert told["ai response"]["text"].startswith("You said: Count the waves")
    assert told["again"]["tries"] == told["ai again"]["tries"] == 2
    assert told["whole"]["cost"] > 0
    assert told["whole"]["id"].startswith("gw_")
    assert told["stream"]["took_ms"] > 300
    assert told["error"] == {
        "kind": "BadRequestError", "code": "unknown_parameter", "param": "temprature", "status": 400
    }  # fmt: skip
    assert (told["ai error"]["kind"], told["ai error"]["status"]) == ("AI_APICallError", 404)
    assert "Did you mean 'claude-sonnet'" in told["ai error"]["message"]
    for name in ("left", "ai left"):
        assert gateway.ended(gateway.get(f"/v1/jobs/{told[name]['id']}").json())["status"] == "canceled"
    assert told["ai whole"]["tokens"] == told["ai stream"]["tokens"] > 0
    assert told["ai tool"]["results"] == ["sunny in Oslo"]
    assert told["ai object"]["object"] == {"name": "Ada"}
    assert told["embeddings"]["sizes"] == told["ai embeddings"]["sizes"] == [256, 256]


def test_responses_work_in_node(gateway: Gateway) -> None:
    """
    Whole, streamed, with tools and a form; a mistake, an answer that breaks off, and one that is left.
    """
    gateway.break_provider("fireworks", kind="slow", delay_s=0.03)
    gateway.break_provider("anthropic", kind="overload")

    told = told_by("responses.mjs", gateway)

    words = told["whole"]["text"]
    assert words.startswith("You said: Count the waves")
    assert (told["whole"]["status"], told["whole"]["cost"] > 0) == ("completed", True)
    assert (told["stream"]["text"], told["stream"]["type"]) == (words, "response.completed")
    assert told["stream"]["took_ms"] > 300
    assert told["tools"]["calls"] == [["get_weather", {"city": "Rome"}], ["get_clock", {"city": "Rome"}]]
    assert told["tools"]["after"] == "message"
    assert told["form"]["keys"] == ["city"]
    assert (told["memory"]["kind"], told["memory"]["code"]) == ("BadRequestError", "stateless")
    assert (told["unknown"]["code"], told["unknown"]["param"]) == ("unknown_parameter", "colour")
    assert (told["broken"]["type"], told["broken"]["code"]) == ("response.failed", "provider_capacity")
    assert gateway.ended(gateway.get(f"/v1/jobs/{told['left']['id']}").json())["status"] == "canceled"
