"""The stack: resources composed from a blueprint. What the product is, is not asked here."""

import json
from pathlib import Path

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra.compile.blueprint import Blueprint
from infra.resources.alarms import Alarms
from infra.resources.api import Api
from infra.resources.batches import Batches
from infra.resources.functions import Functions, start_visibility
from infra.resources.place import place_of, synthesizer_of
from infra.resources.queues import Queues
from infra.resources.storage import Storage
from infra.resources.stream import Stream
from infra.resources.sweeper import Sweeper
from infra.resources.workflow import Workflow


class SluiceStack(Stack):
    """One deployment of the gateway."""

    def __init__(
        self, scope: Construct, id: str, *, blueprint: Blueprint, package: Path, alarm_email: str = ""
    ) -> None:
        super().__init__(
            scope,
            id,
            synthesizer=synthesizer_of(blueprint.target),
            description="Sluice, an AI gateway for media",
        )
        place = place_of(blueprint.target)
        storage = Storage(self, "Storage", place=place, retention_days=blueprint.retention_days)
        queues = Queues(
            self, "Queues", place=place, pools=blueprint.pools, visibility=start_visibility(blueprint)
        )
        lanes = queues.lanes
        functions = Functions(
            self,
            "Functions",
            blueprint=blueprint,
            place=place,
            package=package,
            storage=storage,
            bells=queues.bells,
        )
        machine = Workflow(self, "Steps", place=place, functions=functions, lanes=lanes).machine
        start = functions.start(lanes, machine)
        functions.pump(queues.bells, machine)
        batches = Batches(
            self,
            "Batches",
            blueprint=blueprint,
            place=place,
            functions=functions,
            storage=storage,
            queues=queues,
            jobs=machine,
        )
        answers = functions.api(machine, batches.variables, batches.permissions)
        stream = Stream(self, "Stream", functions=functions, machine=machine).function
        api = Api(self, "Api", place=place, handler=answers, stream=stream, authorizer=functions.authorize)
        sweeper = Sweeper(
            self,
            "Sweeper",
            place=place,
            functions=functions,
            storage=storage,
            queues=queues,
            machine=machine,
            batches=batches,
        )
        Alarms(
            self,
            "Alarms",
            queues=queues,
            functions=functions,
            machine=machine,
            batches=batches.machine,
            api=answers,
            sweeper=sweeper.function,
            webhooks=functions.webhooks,
            email=alarm_email,
        )
        outputs = {
            "ApiUrl": api.rest.url,
            "JobsTable": storage.jobs.table_name,
            "KeysTable": storage.keys.table_name,
            "UsageTable": storage.usage.table_name,
            "PacersTable": storage.pacers.table_name,
            "WaitingTable": storage.waiting.table_name,
            "WebhooksTable": storage.webhooks.table_name,
            "DeliveriesTable": storage.deliveries.table_name,
            "Bucket": storage.artifacts.bucket_name,
            "Workflow": machine.state_machine_arn,
            "Courier": functions.webhooks.machine.state_machine_arn,
            "BatchWorkflow": batches.machine.state_machine_arn,
            "LinkSecret": storage.link_secret_arn,
            "ByokKey": storage.byok_key.key_arn,
            "PlanHash": blueprint.plan_hash,
            "StartFunction": start.function_name,
            "StreamFunction": stream.function_name,
            "AuthorizeFunction": functions.authorize.function_name,
            "SweepFunction": sweeper.function.function_name,
            "DeadStarts": queues.dead_starts.queue_url,
            "QueueUrls": json.dumps({lane.pool.provider: lane.queue.queue_url for lane in lanes}),
        }
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)
