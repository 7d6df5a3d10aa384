"""The durable way of running a job: one execution a job, named after it; and the tokens of waiting tasks."""

from collections.abc import Callable
from typing import Any

import msgspec


class Workflow:
    """Start executions."""

    def __init__(self, stepfunctions: Callable[[], Any], machine: str) -> None:
        self._stepfunctions = stepfunctions
        self._machine = machine

    def start(self, tenant: str, job_id: str) -> None:
        """Hand a job over. Twice is once: AWS returns the running execution, emulators refuse the name."""
        client = self._stepfunctions()
        try:
            client.start_execution(
                stateMachineArn=self._machine,
                name=job_id,
                input=msgspec.json.encode({"tenant": tenant, "job": job_id}).decode(),
            )
        except client.exceptions.ExecutionAlreadyExists:
            return


class Bell:
    """Wake pumps: a bell is a message with a pool's name, delayed where it shall ring later."""

    def __init__(self, sqs: Callable[[], Any], url: str) -> None:
        self._sqs = sqs
        self._url = url

    def ring(self, pool: str, after_s: float = 0) -> None:
        """Have a pool's queue looked at."""
        delay_s = min(900, round(after_s))
        self._sqs().send_message(QueueUrl=self._url, MessageBody=pool, DelaySeconds=delay_s)


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
