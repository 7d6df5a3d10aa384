"""One function: its log group, its role, and nothing that it does not need."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.resources.grant import allow
from infra.resources.place import Place


def make(
    scope: Construct,
    name: str,
    *,
    code: lambda_.Code,
    place: Place,
    memory_mb: int,
    timeout: Duration,
    environment: Mapping[str, str],
    statements: Sequence[iam.PolicyStatement],
) -> lambda_.Function:
    """Make the function of the handler ``name``; its role is whole before it exists."""
    log_group = logs.LogGroup(
        scope, "Logs", retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY
    )
    write = allow(log_group.log_group_arn, "logs", "CreateLogStream", "PutLogEvents")
    role = iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        inline_policies={
            "Handler": iam.PolicyDocument(statements=[*([write] if write else []), *statements])
        },
    )
    return lambda_.Function(
        scope,
        "Function",
        code=code,
        handler=f"gateway.handlers.{name}.handler",
        runtime=place.runtime,
        architecture=place.architecture,
        memory_size=memory_mb,
        timeout=timeout,
        role=role.without_policy_updates(),
        log_group=log_group,
        environment={"LOG_LEVEL": "INFO", "POWERTOOLS_SERVICE_NAME": "sluice", **environment},
    )
