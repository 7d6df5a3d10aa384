"""The fault matrix: each fault x each way of speaking to a provider ends well, or as declared.

One half of the providers is broken while the other is whole. A broken provider goes through its faults one
after the other, with all its families at once; the others of its half do so beside it.
"""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import pytest

from gateway.domain import pricing, request
from sluice.local.stack import Stack
from tests.builders import a_png, a_wav, shipped_plan
from tests.e2e.conftest import Gateway, calling, forget_circuits, playing
from tests.e2e.matrix import FAULTS, OURS, Family, Fault, halves, hurried
from tests.e2e.test_upload import uploaded

pytestmark = pytest.mark.e2e

ROUTES = "version: 1\ndefaults: {deadline: 3m}\ntiers: {pro: {}}\nmodels: {}\n"
HALVES = halves(shipped_plan())
# Stand for any file where it is about the price alone.
ANY = {"image": "https://example.com/fox.png", "audio": "https://example.com/fox.mp3"}
# What is billed by its length costs what nobody knows before.
SOUNDS = ("transcription", "translation", "speech")


@dataclass(frozen=True, slots=True)
class Cell:
    """One job that met one fault, with what the sandbox's journal says of its provider in that round."""

    fault: Fault
    family: Family
    job: dict[str, Any]

    @property
    def name(self) -> str:
        """Name it for whoever reads what is wrong."""
        return f"{self.family.name} x {self.fault.name}"

    @property
    def first(self) -> dict[str, Any]:
        """The attempt that met the fault."""
        found: dict[str, Any] = self.job["attempts"][0]
        return found

    @property
    def survives(self) -> bool:
        """Tell whether the first attempt shall succeed: no harm is done, or its start is found again."""
        found = self.fault.unheard and self.family.protocol.find is not None
        return not self.fault.classes or found


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A stack in which nothing may take long."""
    folder = tmp_path_factory.mktemp("matrix")
    with playing(folder, hurried(shipped_plan()), ROUTES) as stack, calling(stack) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def files(matrix: Gateway) -> dict[str, str]:
    """A picture and a sound for those who need one."""
    sound = a_wav()
    given = {
        "image": uploaded(matrix, a_png()),
        "audio": uploaded(matrix, sound, like=sound, kind="audio/wav", sent_as="audio/wav"),
    }
    assert {sent.status_code for _, sent in given.values()} == {204}
    return {medium: reference for medium, (reference, _) in given.items()}


@pytest.mark.parametrize("half", [0, 1], ids=["first half", "other half"])
def test_every_fault_of_every_family_ends_as_declared(
    matrix: Gateway, files: dict[str, str], half: int, record_property: Any
) -> None:
    """Next target or declared error, same job, right trace, right cost, and no start that is in no trace."""
    begun = time.time()
    providers = sorted({family.model.provider for family in HALVES[half]})

    with ThreadPoolExecutor(len(providers)) as pool:
        rounds = list(pool.map(lambda name: faults_of(matrix, name, HALVES[half], files), providers))

    cells = [cell for found, _ in rounds for cell in found]
    wrong = [f"{cell.name}: {text}" for cell in cells for text in flaws(cell, matrix.stack)]
    wrong += [text for _, found in rounds for text in found] + strangers(matrix, cells, begun)
    possible = len(FAULTS) * len(HALVES[half])
    record_property("shown", f"fault matrix: {len(cells)} cells, {possible - len(cells)} make no sense")
    assert wrong == []


def faults_of(
    gateway: Gateway, provider: str, half: list[Family], files: dict[str, str]
) -> tuple[list[Cell], list[str]]:
    """Take one provider through all faults; return its cells, and where its journal says something else."""
    cells, wrong = [], []
    families = [family for family in half if family.model.provider == provider]
    for fault in FAULTS:
        hit = [family for family in families if fault.hits(family)]
        since = time.time()
        gateway.break_provider(provider, **fault.set)
        with ThreadPoolExecutor(max(1, len(hit))) as pool:
            jobs = list(pool.map(lambda family: run(gateway, family, files), hit))
        gateway.mend_provider(provider)
        forget_circuits(gateway.stack, provider)
        met = [Cell(fault, family, job) for family, job in zip(hit, jobs, strict=True)]
        wrong += miscounted(gateway, provider, since, met)
        cells += met
    return cells, wrong


def run(gateway: Gateway, family: Family, files: dict[str, str]) -> dict[str, Any]:
    """Ask as a caller asks, and see the job through."""
    answer = gateway.post("/v1/jobs", family.body(files))
    assert answer.status_code in (200, 202), answer.text
    job = answer.json()
    ended = gateway.ended(job)
    assert ended["id"] == job["id"]
    return ended


def flaws(cell: Cell, stack: Stack) -> Iterator[str]:
    """Say what is wrong with a cell."""
    attempts = [(attempt["provider"], attempt["status"]) for attempt in cell.job["attempts"]]
    if attempts != (told := list(expected(cell))):
        yield f"attempts {attempts}, expected {told}; {[a['error'] for a in cell.job['attempts']]}"
        return
    for attempt in cell.job["attempts"]:
        if attempt["error"] and not _fits(cell, attempt["error"]):
            yield f"failed with {attempt['error']}"
        if attempt["error"] and attempt["usd"] != "0":
            yield f"a failed attempt costs {attempt['usd']}"
    if (not cell.survives and not cell.family.partner) or "moderation" in cell.fault.classes:
        yield from _ended_wrong(cell)
    elif cell.job["status"] != "succeeded" or not cell.job["outputs"]:
        yield f"ended as {cell.job['status']}: {cell.job['error']}"
    else:
        yield from _miscosted(cell, stack)


def expected(cell: Cell) -> Iterator[tuple[str, str]]:
    """Tell the trace that a cell must have."""
    provider = cell.family.model.provider
    if cell.survives:
        yield provider, "succeeded"
        return
    patient = not cell.family.partner and cell.first["error"] and cell.first["error"]["class"] == "capacity"
    tries = len(cell.job["attempts"]) if patient else 1  # a refusal is a reason to come again
    yield from [(provider, "failed")] * tries
    if cell.family.partner and "moderation" not in cell.fault.classes:
        yield cell.family.partner.partition("/")[0], "succeeded"


def _fits(cell: Cell, error: dict[str, str]) -> bool:
    codes = cell.fault.code(cell.family)
    own = bool(error["code"]) and error["code"] not in OURS
    known = any(fnmatchcase(error["code"], code) for code in codes.split("|"))
    return error["class"] in cell.fault.classes and (known if codes else own)


def _ended_wrong(cell: Cell) -> Iterator[str]:
    error, failed = cell.job["error"], cell.job["attempts"]
    single = f"provider_{failed[0]['error']['class']}" if len(failed) == 1 else "all_targets_failed"
    told = "moderation" if "moderation" in cell.fault.classes else single
    if cell.job["status"] != "failed" or error["code"] != told:
        yield f"ended as {cell.job['status']}: {error}, expected {told}"
    if cell.job["cost"]["usd"] != "0.000000" or cell.job["output_url"]:
        yield f"a failed job costs {cell.job['cost']['usd']}"


def _miscosted(cell: Cell, stack: Stack) -> Iterator[str]:
    """Hold the cost against the catalogue's price lines, to the millionth of a dollar."""
    last = cell.job["attempts"][-1]
    model = stack.plan.models[f"{last['provider']}/{last['model']}"]
    cost = cell.job["cost"]
    if not model.prices:
        if (cost["usd"], cost["status"]) != (None, "unpriced"):
            yield f"costs {cost}, and its model has no price"
        return
    fit = request.fit(model, cell.family.operation, cell.family.body(ANY)["input"], {})
    told = pricing.estimate(model, fit.arguments)
    long = cell.family.operation in SOUNDS and any(line.meter.endswith("_second") for line in model.prices)
    counted = long or any(line.typical for line in model.prices)  # what a provider counts is not known before
    summed = sum(round(float(line["usd"]) * 1_000_000) for line in cost["lines"])
    if (
        cost["usd"] != pricing.usd(summed if counted else told or 0)
        or not summed
        or last["usd"] != cost["usd"]
    ):
        yield f"costs {cost}, expected {told} millionths"


def miscounted(gateway: Gateway, provider: str, since: float, cells: list[Cell]) -> Iterator[str]:
    """Hold a broken provider's journal against the traces of the round: its starts, and who refused them."""
    entries = [each for each in gateway.requests(provider) if each["at"] >= since and each["model"]]
    posts = [each for each in entries if each["method"] == "POST"]
    tried = sum(attempt["provider"] == provider for cell in cells for attempt in cell.job["attempts"])
    billed = sum(each["billable_start"] for each in posts)
    refused = sum(400 <= (each["status"] or 0) < 600 and not each["billable_start"] for each in posts)
    if len(posts) != tried or billed + refused != tried:
        yield f"{provider} x {cells[0].fault.name}: {tried} attempts, {billed} billed, {refused} refused"


def strangers(gateway: Gateway, cells: list[Cell], since: float) -> list[str]:
    """Hold the whole providers' journals against the traces: each billable start is a partner's attempt."""
    broken = {cell.family.model.provider for cell in cells}
    told = Counter(
        attempt["provider"]
        for cell in cells
        for attempt in cell.job["attempts"]
        if attempt["provider"] not in broken
    )
    billed = Counter(
        entry["provider"]
        for entry in gateway.requests()
        if entry["billable_start"] and entry["provider"] not in broken and entry["at"] >= since
    )
    return [] if told == billed else [f"the traces tell of {told}, the journals of {billed}"]
