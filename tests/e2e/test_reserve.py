"""A hundred callers at one moment, threads of several processes: each gets a slot or a place of its own."""

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from multiprocessing.queues import Queue
from threading import Barrier
from typing import Any

import pytest

from gateway.aws.pacers import Pacers
from gateway.aws.waiting import Leases
from gateway.domain import pacing
from gateway.domain.pacing import Full, Pace, Slot
from gateway.plan import Limits
from sluice.aws import Cloud
from sluice.local.stack import Stack

pytestmark = pytest.mark.e2e

PROCESSES, THREADS = 4, 25
PLACES = 20
PATIENCE_S = 60
# What the store rounds: an interval and an instant to a microsecond each.
GRAIN_S = 0.000_002

Ask = Callable[[Any, str, str], Any]


@pytest.mark.parametrize("burst", [1, 5])
def test_a_hundred_at_once_get_slots_one_interval_apart(stack: Stack, burst: int) -> None:
    """After the burst each slot is one interval behind the last; none is given twice, none is lost."""
    pace = pacing.pace_of(Limits(rpm=7, burst=burst))
    assert pace

    slots = at_once(stack, partial(slot_of, pool=f"e2e#burst {burst}#us", pace=pace))

    at = sorted(slot.at for slot in slots)
    gaps = [later - first for first, later in pairwise(at[burst:])]
    assert gaps == pytest.approx([pace.interval_s] * (99 - burst), abs=GRAIN_S)
    assert at[0] <= at[burst] - pace.interval_s + GRAIN_S
    assert at[burst] - pace.interval_s <= at[burst - 1] + GRAIN_S


def test_a_hundred_at_once_get_as_many_places_as_there_are(stack: Stack) -> None:
    """Twenty, although nobody had asked for a place of this pool before."""
    taken = at_once(stack, partial(place_of, pool="e2e#places#us"))

    assert sum(taken) == PLACES


def slot_of(dynamodb: Any, table: str, caller: str, *, pool: str, pace: Pace) -> Slot | Full:
    """Reserve as a function does: by its own clock."""
    return Pacers(dynamodb, table).reserve(pool, pace, time.time(), 3600)


def place_of(dynamodb: Any, table: str, caller: str, *, pool: str) -> bool:
    """Take a place for a while."""
    now = time.time()
    return Leases(dynamodb, table).take(pool, caller, PLACES, now + 600, now)


def at_once(stack: Stack, ask: Ask) -> list[Any]:
    """Let all threads of all processes ask at one signal; return what each was told."""
    context = multiprocessing.get_context("spawn")
    signal, answers = context.Barrier(PROCESSES * THREADS), context.Queue()
    given = (stack.cloud, stack.outputs["PacersTable"], ask, signal, answers)
    processes = [context.Process(target=callers, args=given, daemon=True) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    told = [answers.get(timeout=PATIENCE_S) for _ in range(PROCESSES * THREADS)]
    for process in processes:
        process.join(PATIENCE_S)
    return told


def callers(cloud: Cloud, table: str, ask: Ask, signal: Barrier, answers: "Queue[Any]") -> None:
    """Be one of the processes."""
    dynamodb = cloud.client("dynamodb")

    def call(number: int) -> None:
        signal.wait(PATIENCE_S)
        answers.put(ask(dynamodb, table, f"{multiprocessing.current_process().name}-{number}"))

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(call, range(THREADS)))
