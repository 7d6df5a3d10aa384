"""The workflow as a resource: the machine's definition, and a role that may do exactly what its states do."""

import json
from collections.abc import Sequence

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.resources.acknowledge import acknowledge
from infra.resources.functions import Functions
from infra.resources.machine import FUNCTIONS, START_TIMEOUT, definition
from infra.resources.place import Place
from infra.resources.queues import Lane

FIXED_TIMEOUT_S = (
    900  # where the timeout of a start cannot be an expression: about what the route function says
)


class Workflow(Construct):
    """One Standard machine; an execution is a job, and its name is the job's id."""

    def __init__(
        self, scope: Construct, id: str, *, place: Place, functions: Functions, lanes: Sequence[Lane]
    ) -> None:
        super().__init__(scope, id)
        steps: dict[str, lambda_.Function] = {name: getattr(functions, name.lower()) for name in FUNCTIONS}
        role = self._role(
            [step.function_arn for step in steps.values()], [lane.queue.queue_arn for lane in lanes]
        )
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            role=role,
            definition_body=sfn.DefinitionBody.from_string(
                json.dumps(definition(START_TIMEOUT if place.evaluates else FIXED_TIMEOUT_S))
            ),
            definition_substitutions={
                **{name: step.function_arn for name, step in steps.items()},
                "Queues": _lookup_table(lanes),
            },
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=self._logs(), level=sfn.LogLevel.ALL, include_execution_data=False
            ),
        )
        acknowledge(
            role,
            "log delivery and X-Ray cannot name resources; all else in this role does",
            "IAM5[Resource::*]",
        )

    def _role(self, functions: list[str], queues: list[str]) -> iam.Role:
        invoke = iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=functions)
        send = [iam.PolicyStatement(actions=["sqs:SendMessage"], resources=queues)] if queues else []
        return iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
            inline_policies={"Steps": iam.PolicyDocument(statements=[invoke, *send])},
        )

    def _logs(self) -> logs.LogGroup:
        """Make the log group; under this prefix AWS needs no line for it in a policy that is soon full."""
        return logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/vendedlogs/states/{Stack.of(self).stack_name}",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )


def _lookup_table(lanes: Sequence[Lane]) -> str:
    """Return provider -> queue URL as JSONata, in single quotes, because it stands inside a JSON string."""
    return "{" + ",".join(f"'{lane.pool.provider}':'{lane.queue.queue_url}'" for lane in lanes) + "}"
