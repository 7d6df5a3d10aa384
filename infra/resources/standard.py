"""A state machine of ours: Standard, a role that may do what its states do, logs without anybody's data."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.resources.acknowledge import acknowledge


def make(
    scope: Construct,
    id: str,
    *,
    definition: Mapping[str, Any],
    names: Mapping[str, str],
    statements: Sequence[iam.PolicyStatement],
    log: str = "",
) -> sfn.StateMachine:
    """Make a machine.

    Args:
        names: what stands in place of the definition's ``${Names}``.
        log: the end of its log group's name, behind the stack's.
    """
    role = iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
        inline_policies={"Steps": iam.PolicyDocument(statements=statements)},
    )
    acknowledge(
        role, "log delivery and X-Ray cannot name resources; all else in this role does", "IAM5[Resource::*]"
    )
    return sfn.StateMachine(
        scope,
        id,
        role=role,
        definition_body=sfn.DefinitionBody.from_string(json.dumps(definition)),
        definition_substitutions=dict(names),
        tracing_enabled=True,
        logs=sfn.LogOptions(
            destination=_logs(scope, log), level=sfn.LogLevel.ALL, include_execution_data=False
        ),
    )


def _logs(scope: Construct, end: str) -> logs.LogGroup:
    """Make the log group; under this prefix AWS needs no line for it in a policy that is soon full."""
    return logs.LogGroup(
        scope,
        "Logs",
        log_group_name=f"/aws/vendedlogs/states/{Stack.of(scope).stack_name}{end}",
        retention=logs.RetentionDays.ONE_MONTH,
        removal_policy=RemovalPolicy.DESTROY,
    )
