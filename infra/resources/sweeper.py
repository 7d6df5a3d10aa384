"""The sweeper: the function that sees to what nobody works on any more, and the two rules that call it.

Idle it costs about four cents a month at list price: 43,200 calls ($0.009) of some 60 ms in 256 MB ($0.009),
each with a query and a scan ($0.005), a receive ($0.017) and a few lines of log; the rules are free.
"""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.resources.batches import Batches
from infra.resources.functions import Functions
from infra.resources.grant import allow
from infra.resources.place import Place
from infra.resources.queues import Queues
from infra.resources.storage import Storage


class Sweeper(Construct):
    """A round every minute, and a call for each execution that did not end as it should."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        place: Place,
        functions: Functions,
        storage: Storage,
        queues: Queues,
        machine: sfn.StateMachine,
        batches: Batches,
    ) -> None:
        super().__init__(scope, id)
        arn = machine.state_machine_arn
        self.function = functions.function(
            "sweep",
            memory_mb=256,
            timeout=Duration.seconds(55),
            variables=["JOBS_TABLE", "USAGE_TABLE", "PACERS_TABLE", "WAITING_TABLE", "BELLS"],
            more={
                "WORKFLOW": arn,
                "DEAD_STARTS": queues.dead_starts.queue_url,
                **functions.webhooks.variables,
                **batches.variables,
            },
            statements=[
                *functions.webhooks.permissions,
                allow(storage.jobs.table_arn, "dynamodb", "GetItem", "UpdateItem"),
                allow(f"{storage.jobs.table_arn}/index/open", "dynamodb", "Query"),
                *batches.permissions,
                allow(f"{storage.batches.table_arn}/index/open", "dynamodb", "Query"),
                allow(storage.usage.table_arn, "dynamodb", "PutItem", "UpdateItem"),
                allow(storage.pacers.table_arn, "dynamodb", "GetItem", "UpdateItem"),
                allow(storage.waiting.table_arn, "dynamodb", "Scan"),
                allow(queues.bells.queue_arn, "sqs", "SendMessage"),
                allow(queues.dead_starts.queue_arn, "sqs", "ReceiveMessage", "DeleteMessage"),
                allow(arn, "states", "StartExecution"),
                allow(arn if place.names_tokens else "*", "states", "SendTaskSuccess"),
            ],
        )
        target = targets.LambdaFunction(self.function)
        events.Rule(self, "Minute", schedule=events.Schedule.rate(Duration.minutes(1)), targets=[target])
        broke = events.EventPattern(
            source=["aws.states"],
            detail_type=["Step Functions Execution Status Change"],
            detail={
                "stateMachineArn": [arn, batches.machine.state_machine_arn],
                "status": ["FAILED", "TIMED_OUT", "ABORTED"],
            },
        )
        events.Rule(self, "Broke", event_pattern=broke, targets=[target])
