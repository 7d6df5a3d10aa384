"""`sluice jobs`: what became of jobs, read from the deployment's table; and a push for one that hangs."""

import sys
import time
from itertools import count
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sluice.commands.deployment import Deployment, find
from sluice.commands.option import STACK, STATE, AsJson, StackName, StateFolder, Where
from sluice.console import print_json, print_table
from sluice.errors import Refused

if TYPE_CHECKING:
    from gateway.domain.job import Job

app = typer.Typer(help="Look at jobs, newest first.", invoke_without_command=True)
JobId = Annotated[str, typer.Argument(metavar="ID")]
Tenant = Annotated[str, typer.Option(help="Whose jobs.")]


@app.callback()
def list_(
    context: typer.Context,
    tenant: Tenant = "default",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    stack: StackName = STACK,
    local: Where = None,
    state: StateFolder = STATE,
    as_json: AsJson = False,
) -> None:
    """Look at jobs, newest first."""
    if context.invoked_subcommand:
        return
    deployment = find(stack, local, state)
    found = [_document(deployment, job) for job in _newest(deployment, tenant, limit)]
    if as_json:
        print_json(found)
        return
    rows = [
        [job["id"], job["status"], job["model"], job["created_at"], job["cost"].get("usd"), _last(job)]
        for job in found
    ]
    print_table(["job", "status", "model", "created", "usd", "served by"], rows, empty="No jobs yet.")


@app.command()
def show(
    job_id: JobId,
    tenant: Tenant = "default",
    stack: StackName = STACK,
    local: Where = None,
    state: StateFolder = STATE,
    as_json: AsJson = False,
) -> None:
    """Show where a job's time went, attempt by attempt; as JSON, the job as the API would."""
    from sluice.timeline import rows

    deployment = find(stack, local, state)
    job = _job(deployment, tenant, job_id)
    document = _document(deployment, job)
    if as_json:
        print_json(document)
        return
    usd = document["cost"]["usd"]
    print("  ".join((job.id, job.status, job.model, job.operation, "unpriced" if usd is None else f"${usd}")))
    drawn = sys.stdout.isatty()
    columns = ["at", "phase", "took", *([""] if drawn else []), "came to"]
    print_table(columns, rows(job, time.time(), drawn=drawn), empty="Nothing has happened yet.")
    if job.error_code:
        print(f"{job.error_code}: {job.error_message}")
    for output in document["outputs"]:
        print(output["url"])


@app.command()
def redrive(
    job_id: JobId,
    tenant: Tenant = "default",
    stack: StackName = STACK,
    local: Where = None,
    state: StateFolder = STATE,
) -> None:
    """Hand a job that hangs to the workflow once more; it goes on where it stands."""
    deployment = find(stack, local, state)
    job = _job(deployment, tenant, job_id)
    name = hand_over_again(deployment.client("stepfunctions"), deployment.output("Workflow"), job)
    print(f"Execution {name} has job {job_id} now. `sluice jobs show {job_id}` tells how it goes.")


def hand_over_again(stepfunctions: Any, machine: str, job: "Job") -> str:
    """Start a further execution of a job that has not ended and that no other one has; return its name.

    Raises:
        Refused: there is nothing to go on with, or another execution is at it.
    """
    from gateway.aws.workflow import Workflow

    if job.ended:
        raise Refused(f"job {job.id!r} is {job.status}, and nothing changes that. Submit it again.")
    if running := _running(stepfunctions, machine, job.id):
        raise Refused(f"execution {running!r} is at it. Stop it first if it hangs; that ends the job.")
    return Workflow(lambda: stepfunctions, machine).again(job.tenant, job.id)


def _running(stepfunctions: Any, machine: str, job_id: str) -> str:
    """Return the name of the execution that has a job, if one has."""
    prefix = machine.replace(":stateMachine:", ":execution:")
    for number in count(1):
        name = job_id if number == 1 else f"{job_id}-{number}"
        try:
            found = stepfunctions.describe_execution(executionArn=f"{prefix}:{name}")
        except stepfunctions.exceptions.ExecutionDoesNotExist:
            if number > 1:
                break
            continue
        if found["status"] == "RUNNING":
            return name
    return ""


def _job(deployment: Deployment, tenant: str, job_id: str) -> "Job":
    from gateway.aws.jobs import Jobs

    job = Jobs(deployment.client("dynamodb"), deployment.output("JobsTable")).get(tenant, job_id)
    if job is None:
        raise Refused(f"tenant {tenant!r} has no job {job_id!r}. `sluice jobs` shows the newest.")
    return job


def _newest(deployment: Deployment, tenant: str, limit: int) -> list["Job"]:
    import msgspec

    from gateway.domain.job import Job

    answer = deployment.client("dynamodb").query(
        TableName=deployment.output("JobsTable"),
        KeyConditionExpression="tenant = :tenant",
        ExpressionAttributeValues={":tenant": {"S": tenant}},
        ScanIndexForward=False,  # ids sort by time
        Limit=limit,
    )
    return [msgspec.json.decode(item["document"]["S"], type=Job) for item in answer["Items"]]


def _document(deployment: Deployment, job: "Job") -> dict[str, Any]:
    """Write a job as the API does, but for the links: their secret is not for tools to read."""
    from gateway.domain.view import job_document

    document = job_document(job, "", bytes)
    outputs = [
        {**output, "url": f"s3://{deployment.output('Bucket')}/{kept.key}"}
        for output, kept in zip(document["outputs"], job.outputs, strict=False)
    ]
    return {**document, "outputs": outputs, "output_url": outputs[0]["url"] if outputs else None}


def _last(job: dict[str, Any]) -> str:
    attempts = job["attempts"]
    return f"{attempts[-1]['provider']}/{attempts[-1]['model']}" if attempts else ""
