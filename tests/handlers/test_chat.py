"""Chats and embeddings over HTTP: refusals in OpenAI's form, before anything is sent to anybody."""

import importlib
import json
from types import ModuleType
from typing import Any

import pytest

from gateway.flow.chat import answer
from tests.flow.chat.line import FIREWORKS, WHOLE, asked, on, stored, taken_in
from tests.handlers.test_api import event
from tests.handlers.test_stream import Context

HI = [{"role": "user", "content": "hi"}]
CHAT, EMBED = "chat/completions", "embeddings"
MODEL = "meta/llama-3.3-70b-instruct"


@pytest.fixture
def stream(api: ModuleType) -> ModuleType:
    """The stream function."""
    return importlib.import_module("gateway.handlers.stream")


def post(stream: ModuleType, path: str, body: Any, headers: dict[str, str] | None = None) -> Any:
    """Call it."""
    return stream.handler(event("POST", f"/v1/{path}", body, headers or {}), Context(left_ms=60_000))


REFUSED: dict[str, tuple[str, Any, int, str, str]] = {
    "an unknown model": (CHAT, {"model": "lama", "messages": HI}, 404, "model_not_found", "model"),
    "a model for pictures": (
        CHAT, {"model": "gpt-image", "messages": HI}, 400, "invalid_parameter", "model"
    ),
    "an unknown parameter": (
        CHAT, {"model": MODEL, "messages": HI, "temprature": 1}, 400, "unknown_parameter", "temprature"
    ),
    "a number out of its range": (
        CHAT, {"model": MODEL, "messages": HI, "n": 99}, 400, "invalid_parameter", "n"
    ),
    "an empty chat": (CHAT, {"model": MODEL, "messages": []}, 400, "invalid_parameter", "messages"),
    "nobody who is wanted": (
        CHAT, {"model": MODEL, "messages": HI, "provider": {"only": ["me"]}}, 400, "no_target", None
    ),
    "pictures for the blind": (
        CHAT,
        {"model": MODEL, "messages": [{"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": "https://a.example/a.png"}}]}]},
        400, "unknown_parameter", "image_url",
    ),
    "nothing to embed": (EMBED, {"model": "text-embedding-3-small"}, 400, "missing_parameter", "input"),
    "what a response remembers": (
        "responses", {"model": MODEL, "input": "hi", "previous_response_id": "r"},
        400, "stateless", "previous_response_id",
    ),
    "an unknown parameter of a response": (
        "responses", {"model": MODEL, "input": "hi", "temprature": 1}, 400, "unknown_parameter", "temprature"
    ),
    "a clown's item": (
        "responses", {"model": MODEL, "instructions": "x", "input": [{"type": "reasoning"}, {"role": "clown",
        "content": "hi"}]}, 400, "invalid_parameter", "input[1].role",
    ),
    "a call without its id": (
        "responses", {"model": MODEL, "input": [{"type": "function_call", "name": "a", "arguments": "{}"}]},
        400, "invalid_parameter", "input[0].call_id",
    ),
    "a call that is no name": (
        "responses", {"model": MODEL, "input": [{"type": "function_call", "call_id": "c", "name": "a b"}]},
        400, "invalid_parameter", "input[0].name",
    ),
    "a result of nothing": (
        "responses", {"model": MODEL, "input": [{"type": "function_call_output", "output": "hi"}]},
        400, "invalid_parameter", "input[0].call_id",
    ),
    "a function without a schema": (
        "responses", {"model": MODEL, "input": "hi", "tools": [
            {"type": "function", "name": "a", "parameters": {"type": "array"}}]},
        400, "invalid_parameter", "tools[0].parameters.type",
    ),
    "a form without a schema": (
        "responses", {"model": MODEL, "input": "a", "text": {"format": {"type": "json_schema", "name": "n"}}},
        400, "invalid_parameter", "text.format.schema",
    ),
    "a limit that is none": (
        "responses", {"model": MODEL, "input": "hi", "max_output_tokens": "9"},
        400, "invalid_parameter", "max_output_tokens",
    ),
    "a chat model's vectors": (
        EMBED, {"model": MODEL, "input": "hi"}, 400, "invalid_parameter", "model"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_mistake_is_told_as_openais_clients_expect(stream: ModuleType, case: str) -> None:
    """
    Code, type and param, and an id by which the call can be found.
    """
    path, body, status, code, param = REFUSED[case]

    told = post(stream, path, body)

    error = json.loads(told["body"])["error"]
    assert (told["statusCode"], error["code"], error["param"]) == (status, code, param)
    assert error["type"] == "invalid_request_error"
    assert param is None or error["message"].startswith(("unknown", f"{param}: "))
    assert "x-request-id" in told["headers"]


def test_a_near_name_is_offered(stream: ModuleType) -> None:
    """
    For a parameter as for a model.
    """
    body = {"model": MODEL, "messages": HI, "temprature": 1}

    error = json.loads(post(stream, CHAT, body)["body"])["error"]

    assert "Did you mean 'temperature'?" in error["message"]


def test_a_stream_cannot_be_given_again(stream: ModuleType) -> None:
    """
    Nothing of it is kept, so a key for repeats would promise too much.
    """
    body = {"model": MODEL, "messages": HI, "stream": True}

    told = post(stream, CHAT, body, {"Idempotency-Key": "k"})

    assert (told["statusCode"], json.loads(told["body"])["error"]["param"]) == (400, "Idempotency-Key")


def test_a_body_that_no_function_takes_is_refused(stream: ModuleType) -> None:
    """
    With what would work.
    """
    long = [{"role": "user", "content": "x" * 6_000_000}]

    told = post(stream, CHAT, {"model": MODEL, "messages": long})

    assert told["statusCode"] == 413
    assert "give media as URLs" in told["body"]


def test_a_chat_is_no_job_that_can_be_started_elsewhere(api: ModuleType) -> None:
    """
    The path that serves it is told.
    """
    told = api.handler(event("POST", f"/v1/{MODEL}", {"prompt": "hi"}), None)

    assert told["statusCode"] == 400
    assert "POST /v1/chat/completions" in told["body"]


def test_a_response_that_is_left_after_its_first_event_leaves_nothing_behind(stream: ModuleType) -> None:
    """
    That event comes before anything of the provider's is read.
    """
    form = importlib.import_module("gateway.handlers.paths.responses").FORM
    ports, line = on({FIREWORKS: [WHOLE]})
    job, talk = answer.begin(ports, taken_in(ports, stream=True), ports.now() + 60)

    lines = form.lines({}, job, answer.stream(ports, job, talk, asked(stream=True)))
    first = next(lines)
    lines.close()

    assert first.startswith(b"event: response.created\n")
    assert (line.open, stored(ports).status) == (0, "canceled")
