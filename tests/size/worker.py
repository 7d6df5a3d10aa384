"""The delivery as a function runs it, in a process whose memory is capped: the real wire, the real S3 client.

Run as ``python -m tests.size.worker FOLDER PORT MEGABYTES [PARTS]``: the job is read from the folder and kept
there; after PARTS parts the process kills itself. Prints what was delivered and the most memory that it had.
"""

import json
import os
import pickle
import resource
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config

from gateway import plan
from gateway.aws.artifacts import Artifacts
from gateway.domain.download import Part
from gateway.domain.job import Job
from gateway.flow import deliver
from gateway.flow.ports import Ports
from gateway.transport import Transport


class FileJobs:
    """One job in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Job:
        """Read it."""
        job: Job = pickle.loads(self._path.read_bytes())  # noqa: S301 - the test wrote it
        return job

    def save(self, job: Job) -> Job:
        """Write it."""
        saved = replace(job, version=job.version + 1)
        self._path.write_bytes(pickle.dumps(saved))
        return saved


class Mortal(Artifacts):
    """A bucket whose worker dies after some parts."""

    left = 0

    def put_part(self, key: str, upload: str, number: int, data: bytes) -> Part:
        """Store a part, perhaps the last one."""
        part = super().put_part(key, upload, number, data)
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return part


def main(folder: Path, port: str, megabytes: int, parts: int) -> None:
    """Deliver."""
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20, megabytes * 2**20))
    s3 = botocore.session.get_session().create_client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    bucket = Mortal(lambda: s3, "artifacts")
    bucket.left = parts
    jobs = FileJobs(folder / "job")
    given: dict[str, Any] = dict.fromkeys(Ports.__dataclass_fields__)
    given |= {
        "plan": plan.load((folder / "plan.json").read_bytes()),
        "jobs": jobs,
        "artifacts": bucket,
        "wire": Transport(),
        "now": time.time,
        "sleep": time.sleep,
    }
    job = jobs.read()
    (output,) = deliver.from_links(Ports(**given), job, job.attempt).job.outputs
    told = {"bytes": output.bytes, "sha256": output.sha256, "duration_s": output.duration_s}
    print(json.dumps({**told, "peak_mib": peak_mib()}))  # noqa: T201 - the test reads it


def peak_mib() -> float:
    """Return the most memory that was resident; ``getrusage`` would count the process before this program."""
    status = Path("/proc/self/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int((*sys.argv, "0")[4]))
