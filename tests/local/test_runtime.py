"""A local Lambda: answers come while they are made, callers may leave, and a dead worker is replaced."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from sluice.local.runtime.answer import Answer, FunctionFailed
from sluice.local.runtime.api import RuntimeApi
from sluice.local.runtime.function import Function
from sluice.local.runtime.pool import Busy, Pool

pytestmark = pytest.mark.program

ROOT = Path(__file__).parents[2]
CALL = b'{"requestContext": {}, "kind": "%s"}'
CODE = """
import os, pathlib, time

def handler(event, context):
    if event["kind"] == "early":
        raise ValueError
    return 200, {"a": "b"}, body(event["kind"])

def body(kind):
    try:
        yield b"1"
        time.sleep(0.2)
        if kind == "late":
            raise KeyError
        if kind == "dies":
            os._exit(7)
        while kind == "endless":
            yield b"" if pathlib.Path("quiet").exists() else b"more"
            time.sleep(0.02)
        yield b"2"
    except GeneratorExit:
        pathlib.Path("settled").touch()
        raise
"""


@asynccontextmanager
async def pool_of(folder: Path, name: str = "handler", most: int = 2, **function) -> AsyncIterator[Pool]:
    """Serve a small function."""
    (folder / "mine.py").write_text(CODE)
    (folder / "gateway").symlink_to(ROOT / "functions" / "gateway")
    settings = {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/gateway/runtime/start.sh"}

    async def load() -> Function:
        return Function(folder, f"mine.{name}", settings, **function)

    pool = Pool(load, most, patience_s=0.3)
    try:
        yield pool
    finally:
        await pool.close()


async def asked(pool: Pool, kind: str) -> list[tuple[float, bytes]]:
    """Call the function; return its pieces with their times."""
    answer = await pool.invoke(CALL % kind.encode())
    _, pieces = await answer.opened()
    return [(time.monotonic(), piece) async for piece in pieces]


def test_pieces_arrive_while_the_rest_is_made(tmp_path: Path):
    async def run() -> None:
        async with pool_of(tmp_path) as pool:
            answer = await pool.invoke(CALL % b"fine")
            head, _ = await answer.opened()
            (first, one), (second, two) = await asked(pool, "fine")

        assert (head.status, head.headers) == (200, [("a", "b")])
        assert (one, two) == (b"1", b"2")
        assert second - first > 0.15

    asyncio.run(run())


@pytest.mark.parametrize("quiet", [False, True])
def test_a_caller_that_leaves_settles_the_answer_and_frees_the_worker(tmp_path: Path, quiet: bool):
    async def run() -> None:
        async with pool_of(tmp_path, most=1) as pool:
            answer = await pool.invoke(CALL % b"endless")
            _, pieces = await answer.opened()
            assert await anext(pieces) == b"1"
            if quiet:
                (tmp_path / "quiet").touch()
            before = pool.pids
            answer.leave()

            assert [piece for _, piece in await asked(pool, "fine")] == [b"1", b"2"]
            assert pool.pids == before

    asyncio.run(run())

    assert (tmp_path / "settled").exists()


@pytest.mark.parametrize(
    ("kind", "says"), [("early", "ValueError"), ("late", "KeyError"), ("dies", "Runtime.ExitError")]
)
def test_a_failure_is_told_and_the_next_call_is_served(tmp_path: Path, kind: str, says: str):
    async def run() -> None:
        async with pool_of(tmp_path) as pool:
            with pytest.raises(FunctionFailed) as caught:
                await asked(pool, kind)

            assert caught.value.kind in (says, "Runtime.Gone")
            assert [piece for _, piece in await asked(pool, "fine")] == [b"1", b"2"]

    asyncio.run(run())


def test_a_worker_that_is_killed_is_replaced_before_anybody_calls(tmp_path: Path):
    async def run() -> None:
        async with pool_of(tmp_path) as pool:
            pool.warm()
            (first,) = await until(lambda: pool.pids)
            os.kill(first, signal.SIGKILL)

            await until(lambda: pool.pids and pool.pids != [first])

    asyncio.run(run())


def test_an_answer_that_takes_too_long_ends_with_its_worker(tmp_path: Path):
    async def run() -> None:
        async with pool_of(tmp_path, timeout_s=0.6) as pool:
            with pytest.raises(FunctionFailed, match=r"^(Sandbox\.Timedout|TimeoutError)"):
                await asked(pool, "endless")

    asyncio.run(run())


def test_calls_at_once_have_a_worker_each_and_one_too_many_is_told(tmp_path: Path):
    async def run() -> None:
        async with pool_of(tmp_path, most=2) as pool:
            answers = await asyncio.gather(*(pool.invoke(CALL % b"endless") for _ in range(2)))
            assert len(pool.pids) == 2

            with pytest.raises(Busy):
                await pool.invoke(CALL % b"fine")

            answers[0].leave()
            assert len(await asked(pool, "fine")) == 2

    asyncio.run(run())


def test_a_function_that_cannot_be_loaded_is_told_with_the_reason(tmp_path: Path):
    async def run() -> None:
        async with pool_of(tmp_path, "absent") as pool:
            with pytest.raises(FunctionFailed, match=r"^AttributeError: the function could not be loaded"):
                await pool.invoke(CALL % b"fine")

    asyncio.run(run())


def test_an_answer_may_come_over_another_connection_than_its_event(tmp_path: Path):
    """AWS's own loop keeps one for each."""

    async def run() -> None:
        api, answer = RuntimeApi("arn:f"), Answer()
        root = f"http://{await api.open()}/2018-06-01/runtime/invocation"
        api.give(b"{}", 5, answer)
        async with httpx.AsyncClient(trust_env=False) as asks, httpx.AsyncClient(trust_env=False) as says:
            event = await asks.get(f"{root}/next")
            await says.post(f"{root}/{event.headers['lambda-runtime-aws-request-id']}/response", json=[1])
        api.close(FunctionFailed("over"))

        assert await answer.whole() == [1]

    asyncio.run(run())


async def until(found):
    """Wait until something is there, and return it."""
    for _ in range(1000):
        if there := found():
            return there
        await asyncio.sleep(0.01)
    raise AssertionError("it never came")
