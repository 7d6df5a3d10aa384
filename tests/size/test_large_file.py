"""Gigabytes in a small function: a large file comes home in a process that may not have 256 MB of memory."""

import hashlib
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway import plan
from gateway.domain.download import PART_BYTES
from gateway.flow import attempt, chain
from tests.builders import a_video, make_job, make_ports
from tests.flow import steps
from tests.size.server import piece_at

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="caps memory as Linux does")

ROOT = Path(__file__).parents[2]
MEMORY_MIB = 256
SIZES = [200 * 2**20 + 12345, pytest.param(2 * 2**30 + 12345, marks=pytest.mark.soak)]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT / 'functions'}:{ROOT}"}


@pytest.mark.parametrize("size", SIZES)
def test_a_file_of_any_size_comes_home_in_a_quarter_of_a_gigabyte(tmp_path: Path, size: int) -> None:
    """All of its memory is capped, not just what it uses: RLIMIT_AS is set in the worker."""
    with serving(tmp_path, size) as port:
        told = delivered(tmp_path, port)

    print(f"{size} bytes, peak {told['peak_mib']:.0f} MiB")  # noqa: T201 - a figure for whoever runs it
    assert (told["bytes"], told["sha256"], told["duration_s"]) == (size, digest_of(tmp_path, size), 2.0)
    assert told["peak_mib"] < MEMORY_MIB


@pytest.mark.parametrize("size", SIZES)
def test_a_worker_killed_in_the_middle_is_followed_by_one_that_brings_the_rest(
    tmp_path: Path, size: int
) -> None:
    """SIGKILL after half of the parts: the rest alone is asked for, and the hash is of the whole."""
    parts = size // PART_BYTES // 2
    with serving(tmp_path, size) as port:
        assert delivered(tmp_path, port, str(parts)) == {}
        told = delivered(tmp_path, port)
        log = httpx.get(f"http://127.0.0.1:{port}/log", trust_env=False).json()

    assert (told["bytes"], told["sha256"], told["duration_s"]) == (size, digest_of(tmp_path, size), 2.0)
    assert told["peak_mib"] < MEMORY_MIB
    assert log["ranges"] == [None, f"bytes={parts * PART_BYTES}-"]
    assert log["sent"] < size + 4 * PART_BYTES  # what was in the pipe when the worker died


@contextmanager
def serving(folder: Path, size: int) -> Iterator[str]:
    """Serve the video and the bucket, with a job in the folder that waits for its delivery."""
    (folder / "head").write_bytes(a_video(2))
    command = [sys.executable, "-m", "tests.size.server", str(folder), str(size)]
    with subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            port = server.stdout.readline().strip()
            furnish(folder, f"http://127.0.0.1:{port}/video.mp4")
            yield port
        finally:
            server.terminate()


def furnish(folder: Path, url: str) -> None:
    """Leave a finished job and the plan where the worker finds them."""
    ports = make_ports(steps.fal_works())
    job = chain.advance(ports, make_job(ports, "fal/fal-ai/veo3.1")).job
    job = attempt.check(ports, attempt.start(ports, job, 1).job, 1).job
    finished = replace(job.attempt, sources=((url, False),))
    (folder / "job").write_bytes(pickle.dumps(replace(job, attempts=(finished,))))
    (folder / "plan.json").write_bytes(plan.dump(ports.plan))


def delivered(folder: Path, port: str, parts: str = "0") -> dict[str, Any]:
    """Run a worker to its end; nothing is told by one that was killed."""
    command = [sys.executable, "-m", "tests.size.worker", str(folder), port, str(MEMORY_MIB), parts]
    ran = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    told: dict[str, Any] = json.loads(ran.stdout) if ran.returncode == 0 else {}
    assert told or ran.returncode == -9, ran.stderr
    return told


def digest_of(folder: Path, size: int) -> str:
    """Hash the video as its source has it."""
    digest, head, at = hashlib.sha256(), (folder / "head").read_bytes(), 0
    while at < size:
        piece = piece_at(head, size, at)
        digest.update(piece)
        at += len(piece)
    return digest.hexdigest()
