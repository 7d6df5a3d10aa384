"""What compiling promises as a whole."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.plan import dump, load
from infra.compile import Compiled, Source, compile_files
from tests.builders import catalog
from tests.compile.cases import PROVIDERS, ROUTES, compiled

ROOT = Path(__file__).parents[2]
EDITS = [
    ("routes", ROUTES.replace("lumen-1", "lumen-2")),
    ("routes", ROUTES + "  sketch: {operations: [text_to_image], targets: [lumen/lumen-1]}\n"),
    ("routes", ROUTES + "expose: listed\n"),
    ("routes", ROUTES + "defaults: {deadline: 11m}\n"),
    ("routes", ROUTES + "tiers: {free: {rpm: 1}}\n"),
    ("providers", PROVIDERS.replace("test/reel", "test/reel-2")),
    ("providers", PROVIDERS.replace("{secret: test/lumen}", "{secret: test/lumen, regions: [eu]}")),
    ("providers", PROVIDERS.replace("  tone: {secret: test/tone}\n", "")),
]


def shipped() -> Compiled:
    """Compile the files of this repository."""
    files = dict(catalog())
    routes, providers = (
        Source(name, (ROOT / name).read_text()) for name in ("routes.yaml", "providers.yaml")
    )
    return compile_files(routes, providers, files)


def test_shipped_files_compile_without_a_word() -> None:
    """
    The files that a new user starts from have neither errors nor warnings.
    """
    result = shipped()

    assert result.problems == ()
    assert result.plan is not None


def test_shipped_files_compile_fast() -> None:
    """
    Compiling is not what anybody waits for: the best of three runs takes less than half a processor second.
    """

    def run_s() -> float:
        start = time.process_time()
        shipped()
        return time.process_time() - start

    assert min(run_s() for _ in range(3)) < 0.5


def test_plan_survives_its_own_text() -> None:
    """
    What the functions load is what was compiled.
    """
    plan = shipped().plan

    assert plan is not None
    assert load(dump(plan)) == plan


def test_compiling_twice_gives_the_same_text() -> None:
    """
    Nothing of the machine, the time or the order of a set gets into the plan.
    """
    first, second = shipped().plan, shipped().plan

    assert first is not None
    assert second is not None
    assert dump(first) == dump(second)


@pytest.mark.parametrize(("file", "text"), EDITS)
def test_every_edit_changes_the_hash(file: str, text: str) -> None:
    """
    A plan's hash tells one configuration from any other.
    """
    before, after = compiled().plan, compiled(**{file: text}).plan

    assert before is not None
    assert after is not None
    assert before.hash != after.hash


@pytest.mark.parametrize(
    "text", [f"# a word\n{ROUTES}", ROUTES.replace("[text_to_image]", "['text_to_image']")]
)
def test_what_means_the_same_has_the_same_hash(text: str) -> None:
    """
    Comments and quotes are no change.
    """
    before, after = compiled().plan, compiled(routes=text).plan

    assert before is not None
    assert after is not None
    assert before.hash == after.hash


def test_routes_are_data() -> None:
    """
    A route more changes the plan and no resource.
    """
    before = compiled().blueprint
    after = compiled(routes=ROUTES + "  more: {operations: [speech], targets: [tone/tone-a]}\n").blueprint

    assert before is not None
    assert after is not None
    assert replace(after, plan_hash=before.plan_hash) == before


def test_warnings_do_not_stop_anything() -> None:
    """
    A warning is told, and the plan is there.
    """
    result = compiled(routes=ROUTES.replace("lumen-1]", "lumen-1], overflow: divert"))

    assert [problem.level for problem in result.problems] == ["warning"]
    assert result.errors == ()
    assert result.plan is not None


def test_problems_of_all_files_come_sorted() -> None:
    """
    File by file, top to bottom, left to right.
    """
    routes = ROUTES + "tiers: {b: {rpm: 0, concurrent: 0}}\ndefaults: {on: [x]}\n"
    problems = compiled(routes=routes, providers=PROVIDERS + "  dusk: {}\n").problems

    places = [(problem.file, problem.line, problem.col) for problem in problems]
    assert places == sorted(places)
    assert {problem.file for problem in problems} == {"providers.yaml", "routes.yaml"}


TEXTS = st.sampled_from(["", "x", "lumen/lumen-1", "10m", "{base}", "{", "reel", "own", "text_to_image", "1"])
KEYS = st.sampled_from(
    """version models providers own lumen targets operations fallback on secret limits rpm protocols steps url
    body words status keep outputs path offers parameters enum default prices when usd meter regions
    base_urls""".split()  # noqa: SIM905 - a list of words reads better as words
)
NAMES = st.sampled_from(["own", "lumen", "x y"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2000) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | TEXTS, inner, max_size=4),
    max_leaves=12,
)


def _yaml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"'{key}': {_yaml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_yaml, value)) + "]"
    if value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "~")
    return f"'{value}'" if isinstance(value, str) else str(value)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    routes=VALUES,
    entry=st.dictionaries(KEYS, VALUES, max_size=6),
    name=st.sampled_from(["own", "lumen", "x y"]),
)
def test_whatever_is_written_is_answered(routes: object, entry: object, name: str) -> None:
    """
    No value, however odd its shape, raises: it is a plan or it is problems, never neither.
    """
    result = compiled(
        routes=f"version: 1\nmodels: {_yaml(routes)}\n",
        providers=f"version: 1\nproviders:\n  {name}: {_yaml(entry)}\n",
    )

    assert (result.plan is None) == bool(result.errors)
    assert not any("does not fit" in problem.what for problem in result.problems)


@given(text=st.text("ab:-[]{}&*!|>'\"#%@,? \n\t\x00\x7f\ufeff1<", max_size=40))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_text_is_read_or_refused(text: str) -> None:
    """
    No text raises.
    """
    result = compiled(routes=text)

    assert (result.plan is None) == bool(result.errors)
