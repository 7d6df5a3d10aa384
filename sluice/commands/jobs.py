"""`sluice jobs`: what became of jobs, read from the deployment's table."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sluice.commands.deployment import Deployment, find
from sluice.commands.option import STACK, STATE, AsJson, StackName, StateFolder, Where
from sluice.console import print_json, print_table
from sluice.errors import Refused

if TYPE_CHECKING:
    from gateway.domain.job import Job

app = typer.Typer(help="Look at jobs, newest first.", invoke_without_command=True)
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
    job_id: Annotated[str, typer.Argument(metavar="ID")],
    tenant: Tenant = "default",
    stack: StackName = STACK,
    local: Where = None,
    state: StateFolder = STATE,
) -> None:
    """Print one job with its attempts, as the API would."""
    from gateway.aws.jobs import Jobs

    deployment = find(stack, local, state)
    job = Jobs(deployment.client("dynamodb"), deployment.output("JobsTable")).get(tenant, job_id)
    if job is None:
        raise Refused(f"tenant {tenant!r} has no job {job_id!r}. `sluice jobs` shows the newest.")
    print_json(_document(deployment, job))


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
