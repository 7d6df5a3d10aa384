"""The loop that streams: every byte in its order, and no event that ends it."""

import base64
import json
import os
import time
from collections.abc import Callable, Iterator
from http.client import HTTPException
from itertools import pairwise
from typing import Any

import pytest

from gateway.runtime.api import RuntimeApi
from gateway.runtime.loop import Context, serve
from tests.runtime.lambdas import FakeRuntimeApi, Given, runtime_api

ERROR_TYPE, ERROR_BODY = "lambda-runtime-function-error-type", "lambda-runtime-function-error-body"


def run(handler: Callable[..., Any], *events: Given) -> FakeRuntimeApi:
    """Serve events until the Runtime API closes, which is the only thing that ends the loop."""
    with runtime_api(*events or (Given(),)) as api, pytest.raises((OSError, HTTPException)):
        serve(RuntimeApi(api.address), handler)
    return api


def answers(api: FakeRuntimeApi) -> list[Any]:
    """Return what came back, in order."""
    return [request for request in api.requests if request.line.startswith("POST")]


def in_pieces(*pieces: bytes) -> Callable[..., Any]:
    """Make a function that answers so."""
    return lambda event, context: (200, {"content-type": "text/event-stream"}, iter(pieces))


def test_every_byte_of_a_streamed_answer():
    api = run(in_pieces(b"one", b"two"))
    (answer,) = answers(api)

    assert answer.raw == (
        b"POST /2018-06-01/runtime/invocation/request-1/response HTTP/1.1\r\n"
        b"Host: " + api.address.encode() + b"\r\n"
        b"Content-Type: application/vnd.awslambda.http-integration-response\r\n"
        b"Lambda-Runtime-Function-Response-Mode: streaming\r\n"
        b"Transfer-Encoding: chunked\r\n"
        b"Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n"
        b"\r\n"
        b"4d\r\n"
        b'{"statusCode": 200, "headers": {"content-type": "text/event-stream"}}\0\0\0\0\0\0\0\0\r\n'
        b"3\r\none\r\n"
        b"3\r\ntwo\r\n"
        b"0\r\n\r\n"
    )
    assert api.faults == []


def test_pieces_leave_as_they_come():
    def slowly(event: Any, context: Context) -> Any:
        def body() -> Iterator[bytes]:
            for piece in (b"1", b"2", b"3"):
                yield piece
                time.sleep(0.1)

        return 200, {}, body()

    (answer,) = answers(run(slowly))
    times = [at for at, _ in answer.chunks[1:]]

    assert all(later - earlier > 0.08 for earlier, later in pairwise(times))


def test_a_plain_answer_is_sent_by_the_same_way():
    plain = {"statusCode": 404, "headers": {"a": "b"}, "body": "bm8=", "isBase64Encoded": True}

    (answer,) = answers(run(lambda event, context: plain))

    assert answer.body == b'{"statusCode": 404, "headers": {"a": "b"}}' + bytes(8) + b"no"


def test_an_error_before_the_first_byte_is_a_plain_error():
    def late(event: Any, context: Context) -> Any:
        def body() -> Iterator[bytes]:
            yield b""
            raise ValueError("a prompt")

        return 200, {}, body()

    (answer,) = answers(run(late))

    assert answer.line == "POST /2018-06-01/runtime/invocation/request-1/error HTTP/1.1"
    assert answer.headers[ERROR_TYPE] == "ValueError"
    assert json.loads(answer.body)["errorMessage"] == "the function failed; the log says where"


def test_an_error_after_the_first_byte_is_told_in_the_trailers():
    def broken(event: Any, context: Context) -> Any:
        def body() -> Iterator[bytes]:
            yield b"one"
            raise KeyError("a prompt")

        return 200, {}, body()

    (answer,) = answers(run(broken))

    assert (answer.chunks[-1][1], answer.complete) == (b"one", True)
    assert answer.trailers[ERROR_TYPE] == "KeyError"
    told = json.loads(base64.b64decode(answer.trailers[ERROR_BODY]))
    assert told["errorType"] == "KeyError"
    assert "prompt" not in str(told)


def test_errors_reach_the_log_without_their_words(capfd: pytest.CaptureFixture[str]):
    def broken(event: Any, context: Context) -> Any:
        raise KeyError("a prompt")

    run(broken)
    line = json.loads(capfd.readouterr().out)

    assert (line["error"], line["function_request_id"]) == ("KeyError", "request-1")
    assert "in broken" in line["trace"][-1]
    assert "a prompt" not in line["message"]


@pytest.mark.parametrize("quiet", [False, True])
def test_a_caller_that_left_closes_the_generator(quiet: bool):
    """A generator that has nothing to say notices by its empty pieces."""
    closed: list[int] = []

    def endless(event: Any, context: Context) -> Any:
        def body() -> Iterator[bytes]:
            told = 0
            try:
                while True:
                    yield b"" if quiet and told else b"more"
                    told += 1
                    time.sleep(0.01)
            finally:
                closed.append(told)

        return 200, {}, body()

    api = run(endless, Given(hang_up_after=2), Given(hang_up_after=2))

    assert len(closed) == 2
    assert max(closed) < 50
    assert len(answers(api)) == 2


def test_the_deadline_ends_an_answer_and_its_generator():
    closed: list[bool] = []

    def endless(event: Any, context: Context) -> Any:
        def body() -> Iterator[bytes]:
            try:
                while True:
                    yield b"more"
                    time.sleep(0.05)
            finally:
                closed.append(context.get_remaining_time_in_millis() > 0)

        return 200, {}, body()

    (answer,) = answers(run(endless, Given(deadline_s=0.8)))

    assert closed == [True]
    assert answer.trailers[ERROR_TYPE] == "TimeoutError"


def test_a_generator_that_fails_while_it_is_closed_does_not_end_the_loop():
    def stubborn(event: Any, context: Context) -> Any:
        def body() -> Iterator[bytes]:
            try:
                while True:
                    yield b"more"
            finally:
                raise RuntimeError("cannot settle")

        return 200, {}, body()

    api = run(stubborn, Given(hang_up_after=2), Given(body=b"{}"))

    assert len(answers(api)) == 2


@pytest.mark.parametrize("event", [b"{}", b"[]", b"null", b'{"source": "aws.events"}'])
def test_an_event_that_is_no_call_is_left_alone(event: bytes):
    api = run(in_pieces(b"one"), Given(body=event), Given())
    stray, after = answers(api)

    assert (stray.body, stray.line.split()[1].rpartition("/")[2]) == (b"null", "response")
    assert after.body.endswith(b"one")


def test_an_event_that_is_no_json_is_an_error_and_the_next_one_is_served():
    broken, after = answers(run(in_pieces(b"one"), Given(body=b"{"), Given()))

    assert broken.headers[ERROR_TYPE] == "JSONDecodeError"
    assert after.body.endswith(b"one")


def test_the_invocation_id_comes_back_with_every_kind_of_answer():
    echo = {"Lambda-Runtime-Invocation-Id": "i-7"}
    events = [Given(headers=echo), Given(headers=echo, body=b"{}"), Given(headers=echo, body=b"{"), Given()]

    found = answers(run(in_pieces(b"one"), *events))

    assert [answer.headers.get("lambda-runtime-invocation-id") for answer in found] == ["i-7"] * 3 + [None]


def test_a_function_sees_its_trace_and_how_long_it_has():
    seen: list[Any] = []

    def look(event: Any, context: Context) -> Any:
        seen.append((os.environ.get("_X_AMZN_TRACE_ID"), context.aws_request_id, context.streams))
        assert 58_000 < context.get_remaining_time_in_millis() <= 60_000
        return {"statusCode": 200}

    run(look, Given(headers={"Lambda-Runtime-Trace-Id": "Root=1-2"}), Given())

    assert seen == [("Root=1-2", "request-1", True), (None, "request-2", True)]


def test_all_events_come_over_one_connection_and_a_lost_one_is_opened_anew():
    kept, lost = run(in_pieces(b"1"), Given(), Given()), run(in_pieces(b"1"), Given(hang_up_after=2), Given())

    # One more where it looks whether the Runtime API is gone for good.
    assert (kept.connections, lost.connections) == (2, 3)
