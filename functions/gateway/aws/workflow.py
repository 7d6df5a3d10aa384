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
