"""Deploys the app to the emulator, the same one that goes to AWS, and remembers what it was made from."""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sluice.errors import Refused
from sluice.local import interrupt, process
from sluice.local.program import ACCOUNT, REGION, digest_of
from sluice.root import CDK, PYTHON, PYTHONPATH, ROOT

# Where `cdk deploy` puts files of a stack that was never bootstrapped: the default qualifier's bucket.
ASSETS_BUCKET = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
# The catalogue is not here: what counts of it is in the plan.
_SOURCES = (ROOT / "functions", ROOT / "requirements" / "functions.txt", ROOT / "cdk.json")
_DONE = ("CREATE_COMPLETE", "UPDATE_COMPLETE")


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment to an emulator.

    Args:
        context: what the app is told with ``-c``.
    """

    stack: str
    endpoint_url: str
    context: Mapping[str, str]
    folder: Path

    @property
    def log(self) -> Path:
        """Return where the CDK's output goes."""
        return self.folder / "logs" / "deploy.log"

    @property
    def assembly(self) -> Path:
        """Return where the CDK writes templates and packages."""
        return self.folder / "cdk.out"


def fingerprint(deployment: Deployment, plan: bytes) -> str:
    """Return the digest of everything that a deployment is made from."""
    code = digest_of([*_SOURCES, *sorted((ROOT / "infra").rglob("*.py"))])
    made_from = (deployment.stack, deployment.endpoint_url, sorted(deployment.context.items()), code)
    return hashlib.sha256(plan + repr(made_from).encode()).hexdigest()


def is_deployed(cloudformation: Any, stack: str) -> bool:
    """Tell whether the emulator has the stack, whole."""
    from botocore.exceptions import ClientError

    try:
        return cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"] in _DONE
    except ClientError:
        return False


def make_bucket(s3: Any) -> None:
    """Make the bucket for assets, all that a bootstrap would do for us here."""
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou, s3.exceptions.BucketAlreadyExists):
        s3.create_bucket(Bucket=ASSETS_BUCKET)


def deploy(deployment: Deployment) -> dict[str, str]:
    """Run ``cdk deploy``; the stack's outputs.

    Raises:
        Refused: it failed; the log says why.
    """
    outputs = deployment.folder / "outputs.json"
    outputs.unlink(missing_ok=True)
    shutil.rmtree(deployment.assembly, ignore_errors=True)  # it would keep a zip of every version
    deployment.log.unlink(missing_ok=True)
    code = _run(_command(deployment, outputs), _environment(deployment.endpoint_url), deployment.log)
    if code != 0 or not outputs.is_file():
        raise Refused("the deployment to the emulator failed.", log=deployment.log)
    found: dict[str, str] = json.loads(outputs.read_text()).get(deployment.stack, {})
    return found


def upstream_of(endpoint_url: str, api_url: str) -> str:
    """Return where the emulator serves a REST API, from the address it would have in AWS.

    >>> upstream_of("http://127.0.0.1:4566", "https://ab12.execute-api.us-east-1.amazonaws.com/sluice/")
    'http://127.0.0.1:4566/restapis/ab12/sluice/_user_request_'
    """
    host, _, stage = api_url.partition("://")[2].rstrip("/").partition("/")
    return f"{endpoint_url.rstrip('/')}/restapis/{host.partition('.')[0]}/{stage}/_user_request_"


def live_of(deployment: Deployment, outputs: Mapping[str, str], version: str) -> dict[str, str]:
    """Return what the edge is told of the function that streams; another version makes it start anew."""
    return {
        "endpoint": deployment.endpoint_url,
        "function": outputs["StreamFunction"],
        "authorizer": outputs["AuthorizeFunction"],
        "folder": str(deployment.folder / "data" / "stream"),
        "version": version,
    }


def _command(deployment: Deployment, outputs: Path) -> list[str]:
    command = [str(CDK), "deploy", deployment.stack, "--app", f'"{PYTHON}" -m infra.app']
    command += ["--output", str(deployment.assembly), "--outputs-file", str(outputs)]
    command += ["--require-approval", "never", "--method", "direct", "--no-staging", "--no-notices", "--ci"]
    for name, value in deployment.context.items():
        command += ["-c", f"{name}={value}"]
    return command


def _environment(endpoint_url: str) -> dict[str, str]:
    foreign = [name for name in os.environ if name.startswith("AWS_")]
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    return kept | {
        "PYTHONPATH": PYTHONPATH,
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_VALIDATION": "false",  # the checks of CI do it; here it costs seconds
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20,21,22,23",
        "NO_COLOR": "1",
    }


def _run(command: list[str], environment: dict[str, str], log: Path) -> int:
    """Run a program in the repository, where the CDK finds its settings, and let nothing of it outlive us."""
    here = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', str(ROOT)]
    program = None
    try:
        with interrupt.held():
            program = process.spawn([*here, *command], environment, log)
        return process.wait(program)
    except BaseException:
        if program:
            process.stop(program, grace_s=0)
        raise
