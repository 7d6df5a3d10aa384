"""The function that streams: Lambda's own Python cannot, so a script of ours starts our loop in its place."""

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.resources.functions import FRONT, Functions

# Longer than a connection lives (``LIFE_S`` of the handler and what it leaves itself for the end).
TIMEOUT = Duration.seconds(270)
# Where Lambda unpacks the package. The emulator runs no script: there the handler answers in one piece.
START = "/var/task/gateway/runtime/start.sh"


class Stream(Construct):
    """One connection is one run of it: it looks at one job until that has ended, or also takes it in."""

    def __init__(self, scope: Construct, id: str, *, functions: Functions, machine: sfn.StateMachine) -> None:
        super().__init__(scope, id)
        self.function: lambda_.Function = functions.function(
            "stream",
            memory_mb=512,
            timeout=TIMEOUT,
            variables=FRONT,
            more={"AWS_LAMBDA_EXEC_WRAPPER": START, **functions.front_variables(machine)},
            statements=functions.front(machine),
        )
