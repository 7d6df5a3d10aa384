"""Batches: their three functions, and the machine with a Distributed Map over the parts of a batch."""

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.compile.blueprint import Blueprint
from infra.resources import standard
from infra.resources.acknowledge import acknowledge, logical_id
from infra.resources.batch_steps import FUNCTIONS, LABEL, definition
from infra.resources.egress import loopback
from infra.resources.functions import Functions
from infra.resources.grant import allow, secret_arn
from infra.resources.place import Place
from infra.resources.queues import Queues
from infra.resources.storage import Storage

# Where the lines of batches lie, and the lists of their parts.
LINES = ("uploads/*", "batches/*")


class Batches(Construct):
    """What works a batch off, and what the functions beside it need to start one."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        blueprint: Blueprint,
        place: Place,
        functions: Functions,
        storage: Storage,
        queues: Queues,
        jobs: sfn.StateMachine,
    ) -> None:
        super().__init__(scope, id)
        self._place, self._functions, self._kept = place, functions, storage
        steps = {
            "Survey": self._survey(),
            "Part": self._part(blueprint, queues, jobs),
            "Report": self._report(blueprint),
        }
        self.machine = self._machine({name: steps[name] for name in FUNCTIONS})
        prefixes = (*LINES, *reports_of(blueprint))
        bucket = logical_id(storage.artifacts)
        files = (f"IAM5[Resource::<{bucket}.Arn>/{prefix}]" for prefix in prefixes)
        acknowledge(functions, "the names of a batch's files are made when it comes", *files)

    @property
    def variables(self) -> dict[str, str]:
        """Return what tells a function where batches are kept and started."""
        return {"BATCHES_TABLE": self._kept.batches.table_name, "BATCHES": self.machine.state_machine_arn}

    @property
    def permissions(self) -> list[iam.PolicyStatement | None]:
        """Permit to take batches in, to look at them and to start them."""
        return [
            self._batches("GetItem", "PutItem", "Query"),
            allow(self.machine.state_machine_arn, "states", "StartExecution"),
        ]

    def _survey(self) -> lambda_.Function:
        return self._functions.function(
            "survey",
            memory_mb=512,
            timeout=Duration.minutes(5),
            variables=["BATCHES_TABLE", "BUCKET"],
            statements=[
                self._batches("GetItem", "PutItem"),
                self._files("GetObject", *LINES),
                self._files("PutObject", "batches/*"),
                self._files("AbortMultipartUpload", "batches/*"),
            ],
        )

    def _part(self, blueprint: Blueprint, queues: Queues, jobs: sfn.StateMachine) -> lambda_.Function:
        """Make the function that accepts lines as the API accepts calls, and cancels them as it does."""
        kept = self._kept
        tables = ("JOBS_TABLE", "PACERS_TABLE", "WAITING_TABLE", "REPEATS_TABLE", "BATCHES_TABLE")
        abroad = ("DESTINATIONS_TABLE", "ACCOUNT")
        secrets = [*(secret_arn(self, pool.secret) for pool in blueprint.pools), kept.link_secret_arn]
        return self._functions.function(
            "part",
            memory_mb=512,
            timeout=Duration.minutes(5),
            variables=[*tables, *abroad, "BELLS", "BUCKET", "LINK_SECRET"],
            more={
                "WORKFLOW": jobs.state_machine_arn,
                **self._functions.webhooks.variables,
                **loopback(self._place),
            },
            statements=[
                *self._functions.webhooks.permissions,
                self._batches("GetItem", "PutItem"),
                # An input may be an output of before: its head is looked at.
                self._files("GetObject", *LINES, *reports_of(blueprint)),
                allow(kept.jobs.table_arn, "dynamodb", "GetItem", "PutItem", "UpdateItem", "BatchGetItem"),
                allow(kept.repeats.table_arn, "dynamodb", "GetItem", "PutItem"),
                allow(kept.destinations.table_arn, "dynamodb", "GetItem", "Query"),
                allow(kept.pacers.table_arn, "dynamodb", "GetItem", "UpdateItem", "BatchGetItem"),
                allow(kept.waiting.table_arn, "dynamodb", "Query", "DeleteItem"),
                allow(queues.bells.queue_arn, "sqs", "SendMessage"),
                allow(secrets, "secretsmanager", "GetSecretValue"),
                allow(jobs.state_machine_arn, "states", "StartExecution"),
                allow(
                    jobs.state_machine_arn if self._place.names_tokens else "*", "states", "SendTaskSuccess"
                ),
            ],
        )

    def _report(self, blueprint: Blueprint) -> lambda_.Function:
        reports = reports_of(blueprint)
        return self._functions.function(
            "report",
            memory_mb=512,
            timeout=Duration.minutes(15),
            variables=["JOBS_TABLE", "BATCHES_TABLE", "BUCKET", "LINK_SECRET"],
            statements=[
                self._batches("GetItem", "PutItem", "Query"),
                allow(self._kept.jobs.table_arn, "dynamodb", "GetItem"),
                allow(self._kept.link_secret_arn, "secretsmanager", "GetSecretValue"),
                self._files("PutObject", *reports),
                self._files("AbortMultipartUpload", *reports),
            ],
        )

    def _batches(self, *actions: str) -> iam.PolicyStatement | None:
        return allow(self._kept.batches.table_arn, "dynamodb", *actions)

    def _files(self, action: str, *prefixes: str) -> iam.PolicyStatement | None:
        return allow([self._kept.artifacts.arn_for_objects(prefix) for prefix in prefixes], "s3", action)

    def _machine(self, steps: dict[str, lambda_.Function]) -> sfn.StateMachine:
        arns = [step.function_arn for step in steps.values()]
        lists = self._kept.artifacts.arn_for_objects("batches/*")
        machine = standard.make(
            self,
            "Machine",
            definition=definition(),
            names={
                **{name: step.function_arn for name, step in steps.items()},
                "Bucket": self._kept.artifacts.bucket_name,
            },
            statements=[
                iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=arns),
                iam.PolicyStatement(actions=["s3:GetObject"], resources=[lists]),
            ],
            log="-batches",
        )
        bucket = logical_id(self._kept.artifacts)
        acknowledge(
            machine.role,
            "the list of a batch's parts has its id",
            f"IAM5[Resource::<{bucket}.Arn>/batches/*]",
        )
        self._let_it_start_itself(machine)
        return machine

    def _let_it_start_itself(self, machine: sfn.StateMachine) -> None:
        """Permit what a Distributed Map does: child executions of the machine that it stands in.

        A policy beside the role, because the machine needs the role before it has a name.
        Source: https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html,
        read 2026-11-24.
        """
        children = [
            Stack.of(self).format_arn(
                service="states",
                resource="execution",
                resource_name=f"{machine.state_machine_name}{label}:*",
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            )
            for label in ("", f"/{LABEL}")
        ]
        policy = iam.Policy(
            self,
            "Children",
            roles=[machine.role],
            statements=[
                iam.PolicyStatement(actions=["states:StartExecution"], resources=[machine.state_machine_arn]),
                iam.PolicyStatement(
                    actions=["states:DescribeExecution", "states:StopExecution"], resources=children
                ),
            ],
        )
        at = "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution"
        names = (f"<{logical_id(machine)}.Name>{label}" for label in ("", f"/{LABEL}"))
        found = (f"IAM5[Resource::{at}:{name}:*]" for name in names)
        acknowledge(policy, "child executions are named by Step Functions", *found)


def reports_of(blueprint: Blueprint) -> list[str]:
    """Return where reports lie, and all that was delivered: by how long it is kept."""
    return [f"r{days}/*" for days in blueprint.retention_days]
