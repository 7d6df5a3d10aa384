"""Read the settings and open the clients, once per function. The only reader of the environment.

DynamoDB's client is opened while the function starts, when Lambda gives it a whole processor; the others when
they are first needed.
"""

import os
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from aws_lambda_powertools import Logger
from botocore.config import Config

from gateway import plan
from gateway.aws.artifacts import Artifacts
from gateway.aws.batches import Batches
from gateway.aws.callbacks import Callbacks
from gateway.aws.circuits import Circuits
from gateway.aws.destinations import Destinations
from gateway.aws.egress import Egress
from gateway.aws.jobs import Jobs, Ledger, Repeats
from gateway.aws.keys import Keys
from gateway.aws.pacers import Pacers
from gateway.aws.secrets import Secrets
from gateway.aws.sheets import Sheets
from gateway.aws.uploads import Uploads
from gateway.aws.waiting import Leases, Queue
from gateway.aws.webhooks import Courier, Deliveries, Webhooks
from gateway.aws.workflow import Bell, Letters, Tokens, Workflow
from gateway.flow.batch.desk import Desk
from gateway.flow.ports import Ports
from gateway.plan import Plan
from gateway.transport import Transport

logger = Logger(service="sluice", log_uncaught_exceptions=False)
# botocore composes its own name anew for each call, which is a sixth of the call's processor time.
_EVERY: dict[str, Any] = {"retries": {"mode": "standard"}, "user_agent": "Sluice"}
# A call of a function may have sent a message to a stranger, so it is waited for and not repeated.
_CONFIG: dict[str, dict[str, Any]] = {
    # Links and forms name the bucket's own region: a form that is sent elsewhere is not redirected.
    "s3": {
        "signature_version": "s3v4",
        "s3": {"addressing_style": "auto" if os.environ.get("AWS_ENDPOINT_URL") else "virtual"},
    },
    "lambda": {"retries": {"total_max_attempts": 1}, "read_timeout": 140},
}
PACKAGE = Path(os.environ.get("LAMBDA_TASK_ROOT") or Path(__file__).parents[2])


def setting(name: str) -> str:
    """Return a setting of this function, or an empty text where it has none."""
    return os.environ.get(name, "")


@cache
def client(service: str) -> Any:
    """Open a client of an AWS service, once. botocore's own: boto3 would load S3's transfer manager too."""
    config = Config(**{**_EVERY, **_CONFIG.get(service, {})})
    return _session().create_client(service, config=config)


def client_as(service: str, credentials: dict[str, str] | None, region: str) -> Any:
    """Open a client under credentials of somebody else's, or in another region; it is not kept."""
    if credentials is None and not region:
        return client(service)
    config = Config(**_EVERY, signature_version="s3v4" if service == "s3" else None)
    given: dict[str, Any] = {**(credentials or {}), "region_name": region or None, "config": config}
    return _session().create_client(service, **given)


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


def opener(service: str) -> Callable[[], Any]:
    """Return what opens a client when it is needed."""
    return lambda: client(service)


@cache
def the_plan() -> Plan:
    """Read the plan that was packed with the code."""
    return plan.load((PACKAGE / "plan.json").read_bytes())


@cache
def the_ports() -> Ports:
    """Make the flow's ports; those that a function has no setting for fail when they are used."""
    dynamodb = client("dynamodb")
    return Ports(
        plan=the_plan(),
        jobs=Jobs(dynamodb, setting("JOBS_TABLE")),
        repeats=Repeats(dynamodb, setting("JOBS_TABLE"), setting("REPEATS_TABLE")),
        ledger=Ledger(dynamodb, setting("JOBS_TABLE"), setting("USAGE_TABLE")),
        pacers=Pacers(dynamodb, setting("PACERS_TABLE")),
        queue=Queue(dynamodb, setting("WAITING_TABLE"), setting("PACERS_TABLE")),
        circuits=Circuits(dynamodb, setting("PACERS_TABLE")),
        leases=Leases(dynamodb, setting("PACERS_TABLE")),
        bell=Bell(opener("sqs"), setting("BELLS")),
        tokens=the_tokens(),
        callbacks=Callbacks(dynamodb, setting("REPEATS_TABLE")),
        secrets=the_secrets(),
        artifacts=the_artifacts(),
        destinations=the_destinations(),
        uploads=Uploads(opener("s3"), setting("BUCKET")),
        wire=Transport(),
        workflow=Workflow(opener("stepfunctions"), setting("WORKFLOW")),
        egress=Egress(opener("lambda"), setting("EGRESS")),
        webhooks=Webhooks(dynamodb, setting("WEBHOOKS_TABLE")),
        deliveries=Deliveries(dynamodb, setting("DELIVERIES_TABLE")),
        courier=Courier(opener("stepfunctions"), setting("COURIER")),
        now=time.time,
        sleep=time.sleep,
        random=os.urandom,
        link_secret=link_secret,
        loopback=loopback(),
    )


def loopback() -> bool:
    """Tell whether URLs of callers may lead to this machine, as the local target alone says."""
    return bool(setting("ALLOW_LOOPBACK"))


def own_hosts() -> tuple[str, ...]:
    """Return the host of the address that callers use, where it is configured."""
    host = urlsplit(setting("PUBLIC_URL")).hostname
    return (host,) if host else ()


@cache
def the_desk() -> Desk:
    """Make the ports of batches, beside those of jobs."""
    dynamodb = client("dynamodb")
    return Desk(
        ports=the_ports(),
        batches=Batches(dynamodb, setting("BATCHES_TABLE"), setting("REPEATS_TABLE")),
        sheets=Sheets(opener("s3"), setting("BUCKET")),
        statuses=Jobs(dynamodb, setting("JOBS_TABLE")),
        runs=Workflow(opener("stepfunctions"), setting("BATCHES"), "batch"),
    )


@cache
def the_artifacts() -> Artifacts:
    """Return the bucket of delivered files."""
    return Artifacts(opener("s3"), setting("BUCKET"))


@cache
def the_destinations() -> Destinations:
    """Return customers' own buckets."""
    return Destinations(client("dynamodb"), setting("DESTINATIONS_TABLE"), client_as)


@cache
def the_secrets() -> Secrets:
    """Return the providers' keys and the means to seal callers' own."""
    return Secrets(opener("secretsmanager"), opener("kms"), setting("BYOK_KEY"), time.time)


@cache
def the_tokens() -> Tokens:
    """Return what answers the workflow's waiting tasks."""
    return Tokens(opener("stepfunctions"))


@cache
def the_letters() -> Letters:
    """Return the starts that no worker could handle."""
    return Letters(opener("sqs"), setting("DEAD_STARTS"))


@cache
def the_keys() -> Keys:
    """Return the table of keys."""
    return Keys(client("dynamodb"), setting("KEYS_TABLE"))


def link_secret() -> bytes:
    """Return the secret that signs links and derives the webhook secrets."""
    return the_secrets().get(setting("LINK_SECRET")).encode()
