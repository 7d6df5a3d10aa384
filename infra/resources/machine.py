"""The workflow of one job as data: Amazon States Language in JSONata, ids only. Nothing of CDK here.

    Route -> Slot -> Start -> Decide -+-> Pause -> Check -> Decide
      ^                               +-> Listen -> Check -> Decide
      |                               +-> Deliver -> Decide
      +------------- next ------------+-> Settle -> Done

A job that finds a pool full waits in Queue between Route and Slot; it may be sent back to Route from there.
A step answers an outcome as a value, and one choice decides on it; exceptions are for what broke.
A look that breaks is no failed job: it is taken again, with longer pauses, until the attempt's time is over.
Then Route gives the attempt up. A delivery that breaks is gone on with in the same way.
Where the provider calls when it is done, Listen stands in place of Pause: it writes its own task token to
where such calls are noted, and ends with the call or with its time.
``${Route}`` and the like are filled in by CloudFormation. A job with n polls takes 9 + 3n transitions.
Webhooks have a machine of their own: settling sets them going.
"""

from typing import Any

State = dict[str, Any]

FUNCTIONS = ("Route", "Queue", "Check", "Deliver", "Settle")

# The ids are read from the execution's own input, so no state has to carry them.
_JOB = {
    "tenant": "{% $states.context.Execution.Input.tenant %}",
    "job": "{% $states.context.Execution.Input.job %}",
}
_ATTEMPT = {**_JOB, "attempt": "{% $slot.attempt %}"}
# As ``gateway.aws.callbacks`` names the item, and ``gateway.flow.upstream`` the attempt.
_REFERENCE = "{% 'callback#' & $states.context.Execution.Input.job & '-' & $string($slot.attempt) %}"


# The pump passes over a job whose deadline is over; this is for a job that no pump knows of any more.
LONGEST_QUEUE_S = 86400
# What is looked after again when it broke more often than a task tries by itself.
PAUSE_S, LONGEST_PAUSE_S = 60, 300
# A paid result is brought home for an hour after its attempt's time; then the sweeper ends the job.
DELIVERY_S = 3600
# How long it stays noted that somebody waits for a call.
NOTED_S = 86400
# As long as the route function says: it knows the target's deadlines.
START_TIMEOUT = "{% $ceil($slot.timeout_s) %}"
# And as long as the last answer said, where a provider does not call.
LISTEN_TIMEOUT = "{% $max([1, $ceil($states.input.after_s)]) %}"
HEARD = "DynamoDb.ConditionalCheckFailedException"


def definition(start_timeout: int | str = START_TIMEOUT, listen_timeout: int | str = LISTEN_TIMEOUT) -> State:
    """Return the state machine's definition, with names for what CloudFormation knows.

    Args:
        start_timeout, listen_timeout: seconds, for an emulator that does not evaluate the expressions.
    """
    return {
        "Comment": "One execution is one job",
        "QueryLanguage": "JSONata",
        "StartAt": "Route",
        "States": {
            "Route": _route(),
            "Routed": _choice(
                {"$slot.outcome = 'go'": "Slot", "$slot.outcome = 'queue'": "Queue"}, default="Settle"
            ),
            "Queue": _queue(),
            "Queued": _choice({"$slot.outcome = 'go'": "Slot", "$slot.outcome = 'again'": "Route"}, "Settle"),
            "Slot": {"Type": "Wait", "Timestamp": "{% $slot.at %}", "Next": "Start"},
            "Start": _start(start_timeout),
            "Decide": _choice(
                {
                    "$states.input.outcome = 'listen'": "Listen",
                    "$states.input.outcome = 'pending'": "Pause",
                    "$states.input.outcome = 'done'": "Deliver",
                    "$states.input.outcome = 'next'": "Route",
                },
                default="Settle",
            ),
            "Pause": _wait("Check"),
            "Listen": _listen(listen_timeout),
            "Check": _step("Check", {**_ATTEMPT, "called": "{% $called %}"}, "Decide", broken="CheckLater"),
            "CheckLater": _pause("CheckAgain"),
            "CheckAgain": _choice({"$millis() < $slot.until_ms": "Check"}, default="GiveUp"),
            "GiveUp": _route({"overdue": True}),
            "Deliver": _step("Deliver", _ATTEMPT, "Decide", broken="DeliverLater"),
            "DeliverLater": _pause("DeliverAgain"),
            "DeliverAgain": _choice(
                {f"$millis() < $slot.until_ms + {DELIVERY_S * 1000}": "Deliver"}, default="Lost"
            ),
            "Lost": {"Type": "Pass", "Assign": {"lost": True}, "Next": "Settle"},
            "Settle": _settle(),
            "Done": {"Type": "Succeed"},
        },
    }


def _route(more: State | None = None) -> State:
    """Ask which target is next and when it may start; from here on ``slot`` is the attempt.

    Source of what it knows of its tries:
    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html, read 2026-11-25.
    """
    tries = {"retries": "{% $states.context.State.RetryCount %}"}
    return _step("Route", {**_JOB, **tries, **(more or {})}, "Routed") | {
        "Assign": {"slot": "{% $states.result.Payload %}", "lost": False, "called": False},
    }


def _queue() -> State:
    """Wait in the fair queue of a full pool, until the pump gives the slot or sends the job on.

    A job that is canceled while it waits is told so. One that is canceled on its way in breaks this step: the
    states after it find that it has ended.
    """
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Arguments": {
            "FunctionName": "${Queue}",
            "Payload": {**_JOB, "hop": "{% $slot.hop %}", "token": "{% $states.context.Task.Token %}"},
        },
        "TimeoutSeconds": LONGEST_QUEUE_S,
        "Assign": {"slot": "{% $states.result %}"},
        "Output": "{% $states.result %}",
        "Retry": [
            _retry(4, "Lambda.TooManyRequestsException", "Lambda.ServiceException", "States.TaskFailed")
        ],
        "Catch": [_caught()],
        "Next": "Queued",
    }


def _start(timeout: int | str) -> State:
    """Hand the attempt to the pool's queue, fair by tenant, and wait for the worker's word."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Arguments": {
            "QueueUrl": "{% $lookup(${Queues}, $slot.provider) %}",
            "MessageGroupId": _JOB["tenant"],
            "MessageBody": {**_ATTEMPT, "token": "{% $states.context.Task.Token %}"},
        },
        "TimeoutSeconds": timeout,
        "Output": "{% $states.result %}",
        "Catch": [_caught()],
        "Next": "Decide",
    }


def _listen(timeout: int | str) -> State:
    """Wait for the provider's call, which may have come before, for as long as the last answer said.

    What cannot be written down is waited out like any other pause.
    """
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:dynamodb:updateItem.waitForTaskToken",
        "Arguments": {
            "TableName": "${Callbacks}",
            "Key": {"hash": {"S": _REFERENCE}},
            "UpdateExpression": "SET waiting = :token, expires = :until",
            "ConditionExpression": "attribute_not_exists(heard)",
            "ExpressionAttributeValues": {
                ":token": {"S": "{% $states.context.Task.Token %}"},
                ":until": {"N": f"{{% $string($floor($slot.until_ms / 1000) + {NOTED_S}) %}}"},
            },
        },
        "TimeoutSeconds": timeout,
        "Assign": {"called": True},
        "Catch": [
            _caught("Check") | {"ErrorEquals": [HEARD], "Assign": {"called": True}},
            _caught("Check") | {"ErrorEquals": ["States.Timeout"]},
            _caught("Pause") | {"Output": "{% $states.input %}"},
        ],
        "Next": "Check",
    }


def _settle() -> State:
    """Close the books. Nothing is caught: a job that cannot be settled must be seen, and redriven."""
    return _task("Settle", {**_JOB, "lost": "{% $lost %}"}) | {"Retry": [_retry(6)], "Next": "Done"}


def _step(function: str, payload: State, following: str, broken: str = "Lost") -> State:
    """A task whose crash is tried again, before it goes where it is told when it keeps crashing."""
    return _task(function, payload) | {"Retry": [_retry(4)], "Catch": [_caught(broken)], "Next": following}


def _task(function: str, payload: State) -> State:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": f"${{{function}}}", "Payload": payload},
        "Output": "{% $states.result.Payload %}",
    }


def _wait(following: str) -> State:
    """Wait as long as the last answer said, in whole seconds and at least one."""
    return {"Type": "Wait", "Seconds": "{% $max([1, $ceil($states.input.after_s)]) %}", "Next": following}


def _pause(following: str) -> State:
    """Leave what broke alone for a twentieth of the time that is left, one minute to five."""
    left_s = "($slot.until_ms - $millis()) / 1000"
    seconds = f"$min([{LONGEST_PAUSE_S}, $max([{PAUSE_S}, $ceil({left_s} / 20)])])"
    return {"Type": "Wait", "Seconds": f"{{% {seconds} %}}", "Next": following}


def _choice(rules: dict[str, str], default: str) -> State:
    choices = [{"Condition": f"{{% {condition} %}}", "Next": to} for condition, to in rules.items()]
    return {"Type": "Choice", "Choices": choices, "Default": default}


def _retry(attempts: int, *errors: str) -> State:
    return {
        "ErrorEquals": list(errors or ("States.ALL",)),
        "IntervalSeconds": 2,
        "MaxAttempts": attempts,
        "BackoffRate": 2,
        "JitterStrategy": "FULL",
    }


def _caught(following: str = "Lost") -> State:
    return {"ErrorEquals": ["States.ALL"], "Next": following}
