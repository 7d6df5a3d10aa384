"""What a function gets: the names of what it works on, and permissions that name their resources."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from gateway.domain.destination import ROLE_PREFIX
from infra.resources.acknowledge import acknowledge
from infra.resources.place import Place
from infra.resources.storage import Storage

Grants = Sequence[iam.PolicyStatement | None]


def variables(storage: Storage, bells: sqs.Queue, public_url: str) -> dict[str, str]:
    """Return every variable that a function may ask for; one that does not apply is absent."""
    found = {
        "JOBS_TABLE": storage.jobs.table_name,
        "KEYS_TABLE": storage.keys.table_name,
        "USAGE_TABLE": storage.usage.table_name,
        "PACERS_TABLE": storage.pacers.table_name,
        "REPEATS_TABLE": storage.repeats.table_name,
        "BATCHES_TABLE": storage.batches.table_name,
        "WAITING_TABLE": storage.waiting.table_name,
        "WEBHOOKS_TABLE": storage.webhooks.table_name,
        "DELIVERIES_TABLE": storage.deliveries.table_name,
        "DESTINATIONS_TABLE": storage.destinations.table_name,
        "ACCOUNT": Stack.of(storage).account,
        "BUCKET": storage.artifacts.bucket_name,
        "LINK_SECRET": storage.link_secret_arn,
        "BYOK_KEY": storage.byok_key.key_arn,
        "BELLS": bells.queue_url,
    }
    return found | ({"PUBLIC_URL": public_url} if public_url else {})


def allow(resources: str | list[str], service: str, *actions: str) -> iam.PolicyStatement | None:
    """Permit actions on resources; nothing where there are none, because IAM takes no empty list."""
    named = [resources] if isinstance(resources, str) else resources
    if not named:
        return None
    return iam.PolicyStatement(actions=[f"{service}:{action}" for action in actions], resources=named)


def allow_delivery(storage: Storage, *more: str) -> list[iam.PolicyStatement | None]:
    """Permit to deliver files, to go on with those that were begun, and to read back what is there."""
    bucket = storage.artifacts
    return [
        allow(
            bucket.arn_for_objects("*"),
            "s3",
            "PutObject",
            "GetObject",
            "AbortMultipartUpload",
            "ListMultipartUploadParts",
            *more,
        ),
        allow(bucket.bucket_arn, "s3", "ListBucket"),
    ]


def allow_destinations(scope: Construct, place: Place) -> iam.PolicyStatement:
    """Permit to go into customers' buckets: by roles whose names say that they are for that, in any account.

    Which accounts those are is only known when somebody registers one. What keeps the way safe is the
    external id, without which we may assume none.
    """
    roles = Stack.of(scope).format_arn(
        service="iam", region="", account="*", resource="role", resource_name=f"{ROLE_PREFIX}*"
    )
    acknowledge(
        scope,
        "a customer's role is known when it is registered; its trust names our external id",
        f"IAM5[Resource::arn:<AWS::Partition>:iam::*:role/{ROLE_PREFIX}*]",
    )
    return iam.PolicyStatement(
        actions=["sts:AssumeRole"],
        resources=[roles],
        conditions={"Null": {"sts:ExternalId": "false"}} if place.sees_external_ids else None,
    )


def secret_arn(scope: Construct, name: str) -> str:
    """Return a secret's ARN; Secrets Manager ends it with a hyphen and six characters of its own."""
    return Stack.of(scope).format_arn(
        service="secretsmanager",
        resource="secret",
        resource_name=f"{name}-??????",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
