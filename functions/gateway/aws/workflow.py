"""The durable way of running a job or a batch: one execution each, named after it; waiting tasks; bells.

A name is used once, so a further execution of the same job has a number at its end.
"""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import msgspec


class Workflow:
    """Start executions; ``noun`` says of what: it is the name of the id in their input."""

    def __init__(self, stepfunctions: Callable[[], Any], machine: str, noun: str = "job") -> None:
        self._stepfunctions = stepfunctions
        self._machine = machine
        self._noun = noun

    def start(self, tenant: str, job_id: str) -> None:
        """Hand a job over. Twice is once: AWS returns the running execution, emulators refuse the name."""
        self._begin(job_id, tenant, job_id)

    def again(self, tenant: str, job_id: str) -> str:
        """Hand it over once more, under the next name that is free; return that."""
        names = (f"{job_id}-{number}" for number in count(2))
        return next(name for name in names if self._begin(name, tenant, job_id))

    def _begin(self, name: str, tenant: str, job_id: str) -> bool:
        client = self._stepfunctions()
        given = msgspec.json.encode({"tenant": tenant, self._noun: job_id}).decode()
        try:
            client.start_execution(stateMachineArn=self._machine, name=name, input=given)
        except client.exceptions.ExecutionAlreadyExists:
            return False
        return True


class Bell:
    """Wake pumps: a bell is a message with a pool's name, delayed where it shall ring later."""

    def __init__(self, sqs: Callable[[], Any], url: str) -> None:
        self._sqs = sqs
        self._url = url

    def ring(self, pool: str, after_s: float = 0) -> None:
        """Have a pool's queue looked at."""
        delay_s = min(900, round(after_s))
        self._sqs().send_message(QueueUrl=self._url, MessageBody=pool, DelaySeconds=delay_s)


class Letters:
    """Messages of starts that no worker could handle."""

    def __init__(self, sqs: Callable[[], Any], url: str) -> None:
        self._sqs = sqs
        self._url = url

    def read(self) -> Iterator[tuple[str, str]]:
        """Yield receipt and text of each; one that is not dropped comes back after a while."""
        asked = {"QueueUrl": self._url, "MaxNumberOfMessages": 10}
        while found := self._sqs().receive_message(**asked).get("Messages"):
            yield from ((each["ReceiptHandle"], each["Body"]) for each in found)

    def drop(self, receipt: str) -> None:
        """Forget one."""
        self._sqs().delete_message(QueueUrl=self._url, ReceiptHandle=receipt)


class Tokens:
    """Answer a waiting task."""

    def __init__(self, stepfunctions: Callable[[], Any]) -> None:
        self._stepfunctions = stepfunctions

    def succeed(self, token: str, outcome: dict[str, Any]) -> None:
        """Tell the workflow an outcome; a task that is no longer waiting was told before."""
        client = self._stepfunctions()
        try:
            client.send_task_success(taskToken=token, output=msgspec.json.encode(outcome).decode())
        except (
            client.exceptions.TaskTimedOut,
            client.exceptions.TaskDoesNotExist,
            client.exceptions.InvalidToken,
        ):
            return
