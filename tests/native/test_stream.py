"""What a model says, as the native client in Python hears it."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from sluice_client import AsyncSluice, Sluice, SluiceError, Unreachable
from tests.native.server import CUT, Said, Scripted, scripted

CHAT = "POST /v1/chat/completions"
SSE = {"content-type": "text/event-stream"}
HI = {"messages": [{"role": "user", "content": "Count the waves"}]}
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, "cost": 0.000004}
BUSY = Said(429, {"error": {"code": "rate_limited", "message": "slow"}}, {"retry-after": "7"})


def chunk(usage: dict[str, Any] | None = None, finish: str | None = None, **delta: Any) -> str:
    """Write a chunk."""
    choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
    said = {"id": "gw_1", "model": "m", "provider": "p", "choices": choices, "usage": usage}
    return f"data: {json.dumps(said, ensure_ascii=False)}\n\n"


BEGUN = chunk(role="assistant") + chunk(content="twelve ") + chunk(content="wäves")
WHOLE = BEGUN + chunk(USAGE, "stop") + "data: [DONE]\n\n"


@pytest.fixture
def server() -> Iterator[Scripted]:
    """A gateway without a script yet."""
    with scripted() as server:
        yield server


@pytest.fixture
def sluice(server: Scripted) -> Iterator[Sluice]:
    """A client of it, for which time does not pass."""
    with Sluice(server.url, "sk-sluice-x", tries=3, sleep=lambda seconds: None) as sluice:
        yield sluice


def test_words_come_as_they_are_said_and_their_cost_at_the_end(server: Scripted, sluice: Sluice) -> None:
    """
    The model's parameters and what steers the gateway are one body.
    """
    server.script = {CHAT: [Said(200, WHOLE, SSE)]}

    with sluice.stream("m", {**HI, "temperature": 0}, fallback=["n"]) as answer:
        words = list(answer)

    assert words == ["twelve ", "wäves"]
    assert (answer.job_id, answer.finish_reason, answer.usage) == ("gw_1", "stop", USAGE)
    assert json.loads(server.asked[0].body) == {
        "model": "m", **HI, "temperature": 0, "fallback": ["n"], "stream": True
    }  # fmt: skip


def test_calls_of_tools_come_in_chunks(server: Scripted, sluice: Sluice) -> None:
    """
    Their words are none of the answer's.
    """
    call = {"index": 0, "id": "c", "function": {"name": "look", "arguments": "{}"}}
    told = chunk(tool_calls=[call]) + chunk(USAGE, "tool_calls") + "data: [DONE]\n\n"
    server.script = {CHAT: [Said(200, told, SSE)]}

    found = [each["choices"][0]["delta"] for each in sluice.stream("m", HI).chunks()]

    assert found == [{"tool_calls": [call]}, {}]
    assert list(sluice.stream("m", HI)) == []


def test_an_answer_that_breaks_off_is_an_error_after_what_came(server: Scripted, sluice: Sluice) -> None:
    """
    With what the gateway says of it; nobody is asked again.
    """
    error = {"code": "provider_transient", "message": "down", "retryable": False, "job_id": "gw_1"}
    server.script = {CHAT: [Said(200, f"{BEGUN}data: {json.dumps({'error': error})}\n\n", SSE)]}
    words: list[str] = []

    with pytest.raises(SluiceError, match=r"^down$") as broken:
        words.extend(sluice.stream("m", HI))

    assert words == ["twelve ", "wäves"]
    assert (broken.value.code, broken.value.job_id, broken.value.status) == (error["code"], "gw_1", None)
    assert len(server.asked) == 1


@pytest.mark.parametrize("cut", [True, False])
def test_a_connection_that_breaks_is_no_end(server: Scripted, sluice: Sluice, cut: bool) -> None:
    """
    Neither where it was cut, nor where it ends without its mark; the job can be looked at.
    """
    server.script = {CHAT: [Said(200, BEGUN, SSE, cut=cut)]}

    with pytest.raises(Unreachable, match="broke off before its end") as broken:
        list(sluice.stream("m", HI))

    assert (broken.value.job_id, len(server.asked)) == ("gw_1", 1)


def test_before_the_first_word_it_is_tried_again(server: Scripted, sluice: Sluice) -> None:
    """
    As any call is.
    """
    server.script = {CHAT: [BUSY, CUT, Said(200, WHOLE, SSE)]}

    assert "".join(sluice.stream("m", HI)) == "twelve wäves"
    assert len(server.asked) == 3


def test_where_the_gateway_says_that_it_is_of_no_use_it_is_not_tried_again(
    server: Scripted, sluice: Sluice
) -> None:
    """
    The whole chain was asked, and some of it may have been billed.
    """
    failed = {"error": {"code": "all_targets_failed", "message": "no"}}
    server.script = {CHAT: [Said(502, failed, {"x-should-retry": "false"})]}

    with pytest.raises(SluiceError) as refused:
        list(sluice.stream("m", HI))

    assert (refused.value.code, len(server.asked)) == ("all_targets_failed", 1)


class Line(httpx.SyncByteStream, httpx.AsyncByteStream):
    """An answer that never ends by itself, in pieces that part a letter; it knows whether it was left."""

    def __init__(self) -> None:
        self.left = False
        said = BEGUN.encode()
        middle = said.index("ä".encode()) + 1
        self._pieces = (said[:middle], said[middle:])

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces
        raise AssertionError("it was read on")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece
        raise AssertionError("it was read on")

    def close(self) -> None:
        """Note that the caller has left."""
        self.left = True

    async def aclose(self) -> None:
        """Note that the caller has left."""
        self.left = True


@pytest.mark.parametrize("leave", ["with", "break"])
def test_who_leaves_ends_the_call(leave: str) -> None:
    """
    At the end of ``with``, or of a loop over an answer that nobody holds.
    """
    line = Line()
    http = httpx.Client(
        transport=httpx.MockTransport(lambda _: httpx.Response(200, headers=SSE, stream=line))
    )
    sluice = Sluice("https://gw.example.com", "sk-sluice-x", http=http)

    if leave == "with":
        with sluice.stream("m", HI) as answer:
            words = [next(iter(answer))]
    else:
        for word in sluice.stream("m", HI):
            words = [word]
            break

    assert (words, line.left) == (["twelve "], True)


def test_it_can_be_awaited(server: Scripted) -> None:
    """
    Words, their cost, and leaving in the middle of a letter.
    """
    server.script = {CHAT: [BUSY, Said(200, WHOLE, SSE)]}
    line = Line()
    answers = httpx.MockTransport(lambda _: httpx.Response(200, headers=SSE, stream=line))

    async def sleep(seconds: float) -> None:
        return

    async def run() -> tuple[list[str], Any, list[str]]:
        async with AsyncSluice(server.url, "sk-sluice-x", sleep=sleep) as sluice:
            answer = sluice.stream("m", HI)
            whole = [word async for word in answer]
        sluice = AsyncSluice("https://gw.example.com", "sk", http=httpx.AsyncClient(transport=answers))
        some: list[str] = []
        async with sluice.stream("m", HI) as left:
            async for word in left:
                some.append(word)
                if len(some) == 2:
                    break
        return whole, answer.usage, some

    assert asyncio.run(run()) == (["twelve ", "wäves"], USAGE, ["twelve ", "wäves"])
    assert line.left
