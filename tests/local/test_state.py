"""The state file is private, whole, and worth nothing when it cannot be trusted."""

import stat
from pathlib import Path

import pytest

from sluice.errors import Refused
from sluice.local.process import Process
from sluice.local.state import Running, State, load, locked, save


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    state = State({"edge": Running(Process(7, "1"), 8787, "abc")}, outputs={"ApiUrl": "u"}, keys={"pro": "k"})

    save(tmp_path, state)

    assert load(tmp_path) == state


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    save(tmp_path, State())

    assert stat.S_IMODE((tmp_path / "state.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"version": 2}', '{"version": 1, "services": {"edge": {}}}']
)
def test_a_file_that_is_not_ours_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text)

    assert load(tmp_path) == State()


def test_a_second_command_is_told_who_is_at_work(tmp_path: Path) -> None:
    with (
        locked(tmp_path),
        pytest.raises(Refused, match=r"is at work on .* \(pid \d+\)\. Wait"),
        locked(tmp_path),
    ):
        pass

    with locked(tmp_path):
        pass
