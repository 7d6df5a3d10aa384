"""Deliveries of webhooks: one execution each, so that a pause of a day costs nothing and no crash loses one.

    Try -> (Until -> Try)* -> Done

The state has ids alone: the function reads the rest, and says whether and when it is to be asked again.
"""

from typing import TYPE_CHECKING, Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.resources import standard
from infra.resources.egress import Egress
from infra.resources.grant import allow
from infra.resources.storage import Storage

if TYPE_CHECKING:
    from infra.resources.functions import Functions

TABLE = "WEBHOOKS_TABLE"
_IDS = ("tenant", "job", "webhook", "delivery")


def definition() -> dict[str, Any]:
    """Return the machine's definition; a try that crashes is repeated for more than a day."""
    step = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {
            "FunctionName": "${Notify}",
            "Payload": {name: f"{{% $states.context.Execution.Input.{name} %}}" for name in _IDS},
        },
        "Output": "{% $states.result.Payload %}",
        "Retry": [
            {
                "ErrorEquals": ["States.ALL"],
                "IntervalSeconds": 5,
                "BackoffRate": 3,
                "MaxDelaySeconds": 14_400,
                "MaxAttempts": 16,
                "JitterStrategy": "FULL",
            }
        ],
        "Next": "Tried",
    }
    again = {"Condition": "{% $states.input.outcome = 'again' %}", "Next": "Until"}
    return {
        "Comment": "One execution is one delivery to one receiver",
        "QueryLanguage": "JSONata",
        "StartAt": "Try",
        "States": {
            "Try": step,
            "Tried": {"Type": "Choice", "Choices": [again], "Default": "Done"},
            "Until": {"Type": "Wait", "Timestamp": "{% $states.input.at %}", "Next": "Try"},
            "Done": {"Type": "Succeed"},
        },
    }


class Webhooks(Construct):
    """The function of one try, the machine of one delivery, and what whoever ends a job needs for it."""

    def __init__(
        self, scope: Construct, id: str, *, functions: "Functions", storage: Storage, egress: Egress
    ) -> None:
        super().__init__(scope, id)
        self._table, self._deliveries = storage.webhooks, storage.deliveries
        self.notify = functions.function(
            "notify",
            memory_mb=256,
            timeout=Duration.seconds(60),
            variables=["JOBS_TABLE", TABLE, "DELIVERIES_TABLE", "LINK_SECRET", "PUBLIC_URL"],
            more=egress.variables,
            statements=[
                allow(storage.jobs.table_arn, "dynamodb", "GetItem"),
                allow(storage.webhooks.table_arn, "dynamodb", "GetItem", "PutItem"),
                allow(storage.deliveries.table_arn, "dynamodb", "GetItem", "PutItem"),
                allow(storage.link_secret_arn, "secretsmanager", "GetSecretValue"),
                egress.permission,
            ],
        )
        self.machine = self._machine()

    @property
    def variables(self) -> dict[str, str]:
        """Return what tells a function that ends jobs whom and how to set deliveries going."""
        return {TABLE: self._table.table_name, "COURIER": self.machine.state_machine_arn}

    @property
    def permissions(self) -> list[iam.PolicyStatement | None]:
        """Permit to find out whom to tell of an end, and to begin deliveries."""
        return [
            allow(self._table.table_arn, "dynamodb", "Query"),
            allow(self.machine.state_machine_arn, "states", "StartExecution"),
        ]

    @property
    def administration(self) -> list[iam.PolicyStatement | None]:
        """Permit to register webhooks, to read what became of deliveries, and to repeat them."""
        deliveries = self._deliveries.table_arn
        return [
            allow(self._table.table_arn, "dynamodb", "GetItem", "PutItem", "DeleteItem"),
            allow(deliveries, "dynamodb", "GetItem", "PutItem", "Query"),
            allow(f"{deliveries}/index/webhook", "dynamodb", "Query"),
        ]

    def _machine(self) -> sfn.StateMachine:
        invoke = iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[self.notify.function_arn])
        return standard.make(
            self,
            "Courier",
            definition=definition(),
            names={"Notify": self.notify.function_arn},
            statements=[invoke],
            log="-webhooks",
        )
