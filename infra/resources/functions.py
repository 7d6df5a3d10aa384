"""The functions: one package, and for each handler a role that names what that handler touches."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.compile.blueprint import Blueprint
from infra.resources.acknowledge import acknowledge, logical_id
from infra.resources.egress import Egress, loopback
from infra.resources.function import make
from infra.resources.grant import Grants, allow, allow_delivery, allow_destinations, secret_arn, variables
from infra.resources.place import Place
from infra.resources.queues import PUMP_TIMEOUT, Lane
from infra.resources.storage import Storage
from infra.resources.webhooks import Webhooks

# What a start does around the provider's call: two reads, two writes, the token; and before it, ten seconds
# to fetch files in (``gateway.flow.inputs.FETCH_S``).
START_MARGIN_S = 15
# Not six timeouts as usual: batches are of one, and a crashed start is looked at again soon.
VISIBILITY_MARGIN_S = 5
PUMPS = 10  # pools that are served at once; one more waits for a second
# What a handler asks for that works on pools, serves their queues, delivers files.
_POOLS = ("JOBS_TABLE", "PACERS_TABLE", "BELLS")
_QUEUE = (*_POOLS, "WAITING_TABLE")
_FILES = (*_POOLS, "BUCKET", "BYOK_KEY")
FRONT = (*_QUEUE, *_FILES, "REPEATS_TABLE", "USAGE_TABLE", "DELIVERIES_TABLE", "DESTINATIONS_TABLE",
         "ACCOUNT", "LINK_SECRET", "PUBLIC_URL")  # fmt: skip
_CONSUME = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "ChangeMessageVisibility")


def start_timeout(blueprint: Blueprint) -> Duration:
    """Return how long one run of the start function may take."""
    return Duration.seconds(blueprint.start_timeout_s + START_MARGIN_S)


def start_visibility(blueprint: Blueprint) -> Duration:
    """Return how long a message is hidden while a start works on it."""
    return start_timeout(blueprint).plus(Duration.seconds(VISIBILITY_MARGIN_S))


class Functions(Construct):
    """What every function has in common: the package, the place, the storage."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        blueprint: Blueprint,
        place: Place,
        package: Path,
        storage: Storage,
        bells: sqs.Queue,
    ) -> None:
        super().__init__(scope, id)
        self._place, self._kept, self._blueprint, self._bells = place, storage, blueprint, bells
        self._code = lambda_.Code.from_asset(str(package), asset_hash=package.name.rsplit("-", 1)[-1])
        self._variables = variables(storage, bells, blueprint.public_url)
        self._secrets = [secret_arn(self, pool.secret) for pool in blueprint.pools]
        files = f"IAM5[Resource::<{logical_id(storage.artifacts)}.Arn>/*]"
        acknowledge(self, "the name of a file is made when it is delivered, or brought", files)
        self.egress = Egress(self, "Outside", functions=self, place=place, storage=storage)
        self.webhooks = Webhooks(self, "Webhooks", functions=self, storage=storage, egress=self.egress)
        self.authorize = self._authorize()
        self.route = self._route()
        self.queue = self._queue()
        self.check = self._check()
        self.deliver = self._deliver()
        self.settle = self._settle()

    def api(self, machine: sfn.StateMachine, more: Mapping[str, str], grants: Grants) -> lambda_.Function:
        """Make the function behind the API, which starts the workflow."""
        return self.function(
            "api",
            memory_mb=1024,
            timeout=Duration.seconds(30),
            variables=FRONT,
            more={**self.front_variables(machine), **more},
            statements=[
                *self.front(machine),
                allow(self._kept.jobs.table_arn, "dynamodb", "Query"),
                allow(self._kept.artifacts.arn_for_objects("*"), "s3", "DeleteObject"),
                allow(self._kept.waiting.table_arn, "dynamodb", "Query", "DeleteItem"),
                allow(self._kept.destinations.table_arn, "dynamodb", "PutItem", "DeleteItem"),
                *self.webhooks.administration,
                self._answers(machine),
                *grants,
            ],
        )

    def front_variables(self, machine: sfn.StateMachine) -> dict[str, str]:
        """Return what a function that takes jobs in gets besides ``FRONT``."""
        return {"WORKFLOW": machine.state_machine_arn, **loopback(self._place), **self.webhooks.variables}

    def front(self, machine: sfn.StateMachine) -> Grants:
        """Permit to take a job in, and to run it or hand it to the workflow."""
        return [
            allow(self._kept.jobs.table_arn, "dynamodb", "GetItem", "PutItem", "UpdateItem"),
            allow(self._kept.usage.table_arn, "dynamodb", "PutItem", "UpdateItem"),
            allow(self._kept.repeats.table_arn, "dynamodb", "GetItem", "PutItem"),
            *self._pools("GetItem", "UpdateItem", "BatchGetItem"),
            *allow_delivery(self._kept),
            allow(self._kept.destinations.table_arn, "dynamodb", "GetItem", "Query"),
            allow_destinations(self, self._place),
            allow(self._kept.byok_key.key_arn, "kms", "Encrypt", "Decrypt"),
            allow([*self._secrets, self._kept.link_secret_arn], "secretsmanager", "GetSecretValue"),
            allow(machine.state_machine_arn, "states", "StartExecution"),
            *self.webhooks.permissions,
        ]

    def start(self, lanes: Sequence[Lane], machine: sfn.StateMachine) -> lambda_.Function:
        """Make the function that starts calls at providers, fed by every pool's queue."""
        function = self.function(
            "start",
            memory_mb=512,
            timeout=start_timeout(self._blueprint),
            variables=_FILES,
            more=self.webhooks.variables | self.egress.variables,
            statements=[
                *self.webhooks.permissions,
                self.egress.permission,
                allow(self._kept.jobs.table_arn, "dynamodb", "GetItem", "UpdateItem"),
                *self._pools("GetItem", "UpdateItem"),
                allow(self._kept.artifacts.arn_for_objects("*"), "s3", "PutObject", "GetObject"),
                *self._credentials(),
                self._answers(machine),
                allow([lane.queue.queue_arn for lane in lanes], "sqs", *_CONSUME),
            ],
        )
        for lane in lanes:
            lambda_.EventSourceMapping(
                self,
                f"From-{lane.pool.provider}",
                target=function,
                event_source_arn=lane.queue.queue_arn,
                batch_size=1,
                report_batch_item_failures=True,
                max_concurrency=lane.pool.concurrent,
            )
        return function

    def pump(self, bells: sqs.Queue, machine: sfn.StateMachine) -> lambda_.Function:
        """Make the function that serves the queues of full pools, woken by bells."""
        function = self.function(
            "pump",
            memory_mb=512,
            timeout=PUMP_TIMEOUT,
            variables=_QUEUE,
            statements=[
                allow(self._kept.jobs.table_arn, "dynamodb", "GetItem", "UpdateItem"),
                allow(self._kept.waiting.table_arn, "dynamodb", "Query", "DeleteItem"),
                *self._pools("GetItem", "UpdateItem", "BatchGetItem"),
                self._answers(machine),
                allow(bells.queue_arn, "sqs", *_CONSUME),
            ],
        )
        lambda_.EventSourceMapping(
            self,
            "FromBells",
            target=function,
            event_source_arn=bells.queue_arn,
            batch_size=1,
            max_concurrency=PUMPS,
        )
        return function

    def _pools(self, *actions: str) -> list[iam.PolicyStatement | None]:
        """Permit to work on pools, and to ring for those that wait; who only gives back never reads."""
        return [
            allow(self._kept.pacers.table_arn, "dynamodb", *actions),
            allow(self._bells.queue_arn, "sqs", "SendMessage"),
        ]

    def _answers(self, machine: sfn.StateMachine) -> iam.PolicyStatement | None:
        """Permit to answer the machine's waiting tasks."""
        answered = machine.state_machine_arn if self._place.names_tokens else "*"
        return allow(answered, "states", "SendTaskSuccess")

    def _authorize(self) -> lambda_.Function:
        return self.function(
            "authorize",
            memory_mb=256,
            timeout=Duration.seconds(5),
            variables=["KEYS_TABLE"],
            statements=[allow(self._kept.keys.table_arn, "dynamodb", "GetItem")],
        )

    def _route(self) -> lambda_.Function:
        return self.function(
            "route",
            memory_mb=256,
            timeout=Duration.seconds(30),
            variables=[*_POOLS, "BYOK_KEY"],
            statements=[
                allow(self._kept.jobs.table_arn, "dynamodb", "GetItem", "UpdateItem"),
                *self._pools("GetItem", "UpdateItem"),
                *self._credentials(),  # to call off an attempt whose time is over
            ],
        )

    def _queue(self) -> lambda_.Function:
        return self.function(
            "queue",
            memory_mb=256,
            timeout=Duration.seconds(15),
            variables=_QUEUE,
            statements=[
                allow(self._kept.jobs.table_arn, "dynamodb", "GetItem", "UpdateItem"),
                allow(self._kept.waiting.table_arn, "dynamodb", "PutItem"),
                *self._pools("GetItem", "UpdateItem"),
            ],
        )

    def _check(self) -> lambda_.Function:
        return self.function(
            "check",
            memory_mb=512,
            timeout=Duration.seconds(90),
            variables=_FILES,
            more=self.webhooks.variables,
            statements=[
                *self.webhooks.permissions,
                allow(self._kept.jobs.table_arn, "dynamodb", "GetItem", "UpdateItem"),
                *self._pools("GetItem", "UpdateItem"),
                allow(self._kept.artifacts.arn_for_objects("*"), "s3", "PutObject"),
                *self._credentials(),
            ],
        )

    def _deliver(self) -> lambda_.Function:
        return self.function(
            "deliver",
            memory_mb=256,
            timeout=Duration.minutes(15),
            variables=_FILES,
            statements=[
                allow(self._kept.jobs.table_arn, "dynamodb", "GetItem", "UpdateItem"),
                *self._pools("GetItem", "UpdateItem"),
                # What came along with an answer waits here on its way to a customer's bucket, and then goes.
                *allow_delivery(self._kept, "DeleteObject"),
                allow_destinations(self, self._place),
                *self._credentials(),
            ],
        )

    def _settle(self) -> lambda_.Function:
        return self.function(
            "settle",
            memory_mb=256,
            timeout=Duration.seconds(15),
            variables=[*_POOLS, "USAGE_TABLE"],
            more=self.webhooks.variables,
            statements=[
                *self.webhooks.permissions,
                *self._pools("UpdateItem"),
                allow(self._kept.jobs.table_arn, "dynamodb", "GetItem", "UpdateItem"),
                allow(self._kept.usage.table_arn, "dynamodb", "PutItem", "UpdateItem"),
            ],
        )

    def _credentials(self) -> list[iam.PolicyStatement | None]:
        """Permit to read providers' keys: ours by name, customers' own by unsealing them."""
        return [
            allow(self._kept.byok_key.key_arn, "kms", "Decrypt"),
            allow(self._secrets, "secretsmanager", "GetSecretValue"),
        ]

    def function(
        self,
        name: str,
        *,
        memory_mb: int,
        timeout: Duration,
        variables: Sequence[str],
        statements: Sequence[iam.PolicyStatement | None],
        more: Mapping[str, str] | None = None,
    ) -> lambda_.Function:
        """Make the function of one handler.

        Args:
            variables: names of what it works on, out of ``grant.variables``.
        """
        given = {key: self._variables[key] for key in variables if key in self._variables}
        return make(
            Construct(self, name.capitalize()),
            name,
            code=self._code,
            place=self._place,
            memory_mb=memory_mb,
            timeout=timeout,
            environment={**given, **(more or {})},
            statements=[statement for statement in statements if statement],
        )
