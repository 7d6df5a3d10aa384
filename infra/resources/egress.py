"""The egress function: the only one that calls URLs of callers, and the one with the least to lose.

Its role has its own log and one prefix of the bucket. No table, no secret, no queue, and nobody's key.
"""

from typing import TYPE_CHECKING

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.resources.acknowledge import acknowledge, logical_id
from infra.resources.grant import allow
from infra.resources.place import Place
from infra.resources.storage import Storage

if TYPE_CHECKING:
    from infra.resources.functions import Functions

PREFIX = "inputs/*"


class Egress(Construct):
    """The function, and the permission to call it."""

    def __init__(
        self, scope: Construct, id: str, *, functions: "Functions", place: Place, storage: Storage
    ) -> None:
        super().__init__(scope, id)
        self.function: lambda_.Function = functions.function(
            "egress",
            memory_mb=256,
            timeout=Duration.seconds(130),
            variables=["BUCKET", "PUBLIC_URL"],
            more={"BUCKET_OWNER": Stack.of(self).account, **loopback(place)},
            statements=[
                allow(storage.artifacts.arn_for_objects(PREFIX), "s3", "PutObject", "AbortMultipartUpload")
            ],
        )
        prefix = f"IAM5[Resource::<{logical_id(storage.artifacts)}.Arn>/{PREFIX}]"
        acknowledge(functions, "the name of a file is made when it is fetched", prefix)

    @property
    def variables(self) -> dict[str, str]:
        """Return what tells a function whom to ask."""
        return {"EGRESS": self.function.function_name}

    @property
    def permission(self) -> iam.PolicyStatement | None:
        """Permit to call this function, and none else."""
        return allow(self.function.function_arn, "lambda", "InvokeFunction")


def loopback(place: Place) -> dict[str, str]:
    """Return what lets URLs of callers lead to this machine: on the emulator alone."""
    return {"ALLOW_LOOPBACK": "1"} if place.loopback else {}
