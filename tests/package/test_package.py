"""The package is whole, fits its machine, and is built again only when something changed."""

import json
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra import package
from infra.package import PackageFailed, build
from tests.package.conftest import PLAN, ROOT

HANDLERS = (
    "api",
    "authorize",
    "route",
    "queue",
    "pump",
    "start",
    "check",
    "deliver",
    "settle",
    "sweep",
    "egress",
    "notify",
    "stream",
    "survey",
    "part",
    "report",
)
SETTINGS = (
    "JOBS_TABLE",
    "KEYS_TABLE",
    "USAGE_TABLE",
    "PACERS_TABLE",
    "WAITING_TABLE",
    "BELLS",
    "BUCKET",
    "LINK_SECRET",
    "BYOK_KEY",
    "WORKFLOW",
)


@pytest.mark.synth
@pytest.mark.parametrize("handler", HANDLERS)
def test_handler_starts_with_the_package_and_the_runtime_alone(
    local_package: Path, runtime: Path, handler: str
):
    """``-I`` leaves out this project and its environment, ``-S`` the environment's packages."""
    settings = {name: f"arn:aws:x:us-east-1:123456789012:{name}" for name in SETTINGS}
    settings |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1"}
    program = (
        f"import os, sys; sys.path[:0] = [{str(local_package)!r}, {str(runtime)!r}];"
        f"os.environ.update({settings!r});"
        f"from gateway.handlers import {handler} as module; assert callable(module.handler)"
    )

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def test_package_has_every_handler_that_a_function_names():
    modules = {
        path.stem for path in (ROOT / "functions/gateway/handlers").glob("*.py") if path.stem[0] != "_"
    }

    assert modules == set(HANDLERS)


@pytest.mark.synth
def test_package_has_plan_and_document_at_its_top(local_package: Path):
    assert json.loads((local_package / "plan.json").read_bytes())["hash"] == "sha256:of-a-test"
    assert (local_package / "openapi.json").read_bytes() == b"{}"


@pytest.mark.synth
@pytest.mark.parametrize("target", ["local_package", "aws_package"])
def test_script_that_starts_the_streaming_loop_may_be_run(target: str, request: pytest.FixtureRequest):
    root: Path = request.getfixturevalue(target)

    assert (root / "gateway/runtime/start.sh").stat().st_mode & 0o777 == 0o755


@pytest.mark.synth
def test_package_for_lambda_has_wheels_for_lambda_alone(aws_package: Path):
    libraries = [path.name for path in aws_package.rglob("*.so")]

    assert libraries
    assert [name for name in libraries if not name.endswith(".cpython-314-aarch64-linux-gnu.so")] == []


@pytest.mark.synth
@pytest.mark.parametrize("target", ["local_package", "aws_package"])
def test_package_has_ten_megabytes_at_most(target: str, request: pytest.FixtureRequest, tmp_path: Path):
    root: Path = request.getfixturevalue(target)
    with zipfile.ZipFile(tmp_path / "package.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in root.rglob("*"):
            archive.write(path, path.relative_to(root))

    assert (tmp_path / "package.zip").stat().st_size <= 10 * 1024 * 1024


@pytest.mark.synth
def test_package_carries_no_clutter(aws_package: Path):
    names = {path.name for path in aws_package.rglob("*")}

    assert not names & {"bin", "tests", "py.typed", "RECORD", "direct_url.json"}
    assert not any(name.endswith(".pyi") for name in names)


@pytest.mark.synth
def test_package_for_this_machine_has_bytecode(local_package: Path):
    tag = sys.implementation.cache_tag
    compiled = {path.name.split(".")[0] for path in (local_package / "gateway").rglob(f"*.{tag}.pyc")}

    assert compiled == {path.stem for path in (local_package / "gateway").rglob("*.py")}


@pytest.mark.synth
@pytest.mark.usefixtures("local_package")
def test_unchanged_package_is_not_built_again(root: Path):
    began = time.perf_counter()

    build("local", PLAN, b"{}", root, root / "out")

    assert time.perf_counter() - began < 0.3


@pytest.mark.synth
def test_new_plan_makes_a_new_package_in_moments(root: Path, local_package: Path, tmp_path: Path):
    began = time.perf_counter()

    changed = build("local", PLAN + b" ", b"{}", root, _cached(tmp_path, local_package))

    assert time.perf_counter() - began < 2
    assert changed.name != local_package.name


def _cached(place: Path, package: Path) -> Path:
    """Return a place that has the wheels of the real one and no package."""
    for layer in package.parent.glob("dependencies-*"):
        (place / layer.name).symlink_to(layer)
    return place


@pytest.mark.synth
def test_same_content_has_the_same_name_anywhere(root: Path, local_package: Path, tmp_path: Path):
    again = build("local", PLAN, b"{}", root, _cached(tmp_path, local_package))

    assert again.name == local_package.name
    assert _listing(again) == _listing(local_package)


def _listing(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.synth
def test_builds_at_once_do_not_disturb_each_other(root: Path, local_package: Path, tmp_path: Path):
    place = _cached(tmp_path, local_package)

    with ThreadPoolExecutor(4) as pool:
        built = list(pool.map(lambda _: build("local", PLAN, b"{}", root, place), range(4)))

    assert {path.name for path in built} == {local_package.name}
    assert _listing(built[0]) == _listing(local_package)
    assert list(place.glob("new-*")) == []


@pytest.mark.synth
def test_old_packages_are_removed_and_the_used_ones_stay(root: Path, local_package: Path, tmp_path: Path):
    place = _cached(tmp_path, local_package)

    built = [build("local", PLAN + b" " * n, b"{}", root, place) for n in (0, 1, 2, 0, 3, 4, 5)]

    assert {path for path in built if path.exists()} == {built[n] for n in (0, 2, 4, 5, 6)}
    assert not built[1].exists()


def test_wheels_that_cannot_be_installed_are_told(tmp_path: Path):
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "functions.txt").write_text("httpx==0.28.1\n")

    with pytest.raises(PackageFailed, match="require"):
        build("local", PLAN, b"{}", tmp_path, tmp_path / "out")

    assert list((tmp_path / "out").iterdir()) == []


def test_lambda_version_is_that_of_the_functions():
    assert package.LAMBDA_PYTHON == "3.14"
