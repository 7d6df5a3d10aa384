"""The function that streams: Lambda's own Python cannot, so a script of ours starts our loop in its place."""

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.resources.functions import Functions
from infra.resources.grant import allow
from infra.resources.storage import Storage

# Longer than a connection lives (``LIFE_S`` of the handler and what it leaves itself for the end).
TIMEOUT = Duration.seconds(270)
# Where Lambda unpacks the package. The emulator runs no script: there the handler answers in one piece.
START = "/var/task/gateway/runtime/start.sh"


class Stream(Construct):
    """One connection is one run of it: it reads one job over and over, and the secret that signs links."""

    def __init__(self, scope: Construct, id: str, *, functions: Functions, storage: Storage) -> None:
        super().__init__(scope, id)
        self.function: lambda_.Function = functions.function(
            "stream",
            memory_mb=512,
            timeout=TIMEOUT,
            variables=["JOBS_TABLE", "LINK_SECRET", "PUBLIC_URL"],
            more={"AWS_LAMBDA_EXEC_WRAPPER": START},
            statements=[
                allow(storage.jobs.table_arn, "dynamodb", "GetItem"),
                allow(storage.link_secret_arn, "secretsmanager", "GetSecretValue"),
            ],
        )
