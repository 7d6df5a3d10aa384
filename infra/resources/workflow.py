"""The workflow as a resource: the machine's definition, and a role that may do exactly what its states do."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.resources import standard
from infra.resources.functions import Functions
from infra.resources.machine import FUNCTIONS, definition
from infra.resources.place import Place
from infra.resources.queues import Lane
from infra.resources.storage import Storage

# Where a timeout cannot be an expression: about what the route function says, and soon enough for a sandbox.
FIXED_TIMEOUT_S, FIXED_LISTEN_S = 900, 6


class Workflow(Construct):
    """One Standard machine; an execution is a job, and its name is the job's id."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        place: Place,
        functions: Functions,
        storage: Storage,
        lanes: Sequence[Lane],
    ) -> None:
        super().__init__(scope, id)
        steps: dict[str, lambda_.Function] = {name: getattr(functions, name.lower()) for name in FUNCTIONS}
        invoke = iam.PolicyStatement(
            actions=["lambda:InvokeFunction"], resources=[step.function_arn for step in steps.values()]
        )
        queues = [lane.queue.queue_arn for lane in lanes]
        send = [iam.PolicyStatement(actions=["sqs:SendMessage"], resources=queues)] if queues else []
        note = iam.PolicyStatement(actions=["dynamodb:UpdateItem"], resources=[storage.repeats.table_arn])
        timeouts = () if place.evaluates else (FIXED_TIMEOUT_S, FIXED_LISTEN_S)
        self.machine = standard.make(
            self,
            "Machine",
            definition=definition(*timeouts),
            names={
                **{name: step.function_arn for name, step in steps.items()},
                "Callbacks": storage.repeats.table_name,
                "Queues": _lookup_table(lanes),
            },
            statements=[invoke, *send, note],
        )


def _lookup_table(lanes: Sequence[Lane]) -> str:
    """Return provider -> queue URL as JSONata, in single quotes, because it stands inside a JSON string."""
    return "{" + ",".join(f"'{lane.pool.provider}':'{lane.queue.queue_url}'" for lane in lanes) + "}"
