"""Compare what a state machine does with what its role may do, because no emulator does."""

import json
from collections.abc import Iterator
from typing import Any

from tests.resources.stacks import Resource, Template, named, of_type, one, statements

ACTIONS = {
    "arn:aws:states:::lambda:invoke": "lambda:InvokeFunction",
    "arn:aws:states:::lambda:invoke.waitForTaskToken": "lambda:InvokeFunction",
    "arn:aws:states:::sqs:sendMessage.waitForTaskToken": "sqs:SendMessage",
    "arn:aws:states:::aws-sdk:dynamodb:updateItem.waitForTaskToken": "dynamodb:UpdateItem",
}


def differences(template: Template) -> list[str]:
    """Return what is called without permission, and what is permitted and never called."""
    found: list[str] = []
    for machine in of_type(template, "AWS::StepFunctions::StateMachine").values():
        called = set(_called(template, machine["Properties"]))
        permitted = set(_permitted(template, machine["Properties"]))
        found += [f"calls {what} without permission" for what in called - permitted]
        found += [f"may do {what} and never does" for what in permitted - called]
    return sorted(found)


def definition_of(template: Template, part_of_id: str = "Steps") -> dict[str, Any]:
    """Return the definition of a machine, with names not yet filled in."""
    machine = one(template, "AWS::StepFunctions::StateMachine", part_of_id)
    definition: dict[str, Any] = json.loads(machine["DefinitionString"])
    return definition


def _called(template: Template, machine: Resource) -> Iterator[str]:
    filled_in = machine["DefinitionSubstitutions"]
    for state in _states(json.loads(machine["DefinitionString"])):
        if state["Type"] == "Map":
            yield from _mapped(template, machine, state)
        if state["Type"] != "Task":
            continue
        arguments = state.get("Arguments") or state["Parameters"]
        action = ACTIONS[state["Resource"]]
        if name := arguments.get("FunctionName") or arguments.get("TableName"):
            yield f"{action} {named(filled_in[name.strip('${}')])}"
        else:
            assert "${Queues}" in arguments["QueueUrl"]
            yield from (f"{action} {queue}" for queue in _mentioned(template, filled_in["Queues"]))


def _states(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield all states, also those that a Map has inside."""
    for state in definition["States"].values():
        yield state
        if state["Type"] == "Map":
            yield from _states(state["ItemProcessor"])


def _mapped(template: Template, machine: Resource, state: dict[str, Any]) -> Iterator[str]:
    """Yield what a Distributed Map does: it reads its items, and starts children of the machine it is in."""
    reader = state["ItemReader"]
    assert reader["Resource"] == "arn:aws:states:::s3:getObject"
    bucket = machine["DefinitionSubstitutions"][reader["Parameters"]["Bucket"].strip("${}")]
    yield f"s3:GetObject {named(bucket)}"
    (name,) = (
        id
        for id, each in of_type(template, "AWS::StepFunctions::StateMachine").items()
        if each["Properties"] is machine
    )
    yield f"states:StartExecution {name}"
    yield from (f"states:{action} children of {name}" for action in ("DescribeExecution", "StopExecution"))


def _mentioned(template: Template, value: Any) -> Iterator[str]:
    """Yield the queues that a text is put together from."""
    text = json.dumps(value)
    return (queue for queue in of_type(template, "AWS::SQS::Queue") if f'"{queue}"' in text)


def _permitted(template: Template, machine: Resource) -> Iterator[str]:
    role = named(machine["RoleArn"])
    for statement in (
        *statements(template["Resources"][role]["Properties"]),
        *(s for s in _beside(template, role) if not _is_of_every_machine(s)),
    ):
        resources, actions = statement["Resource"], statement["Action"]
        for resource in resources if isinstance(resources, list) else [resources]:
            for action in actions if isinstance(actions, list) else [actions]:
                yield f"{action} {_known(template, named(resource))}"


def _beside(template: Template, role: str) -> Iterator[Resource]:
    """Yield the statements of policies that are attached to a role."""
    for policy in of_type(template, "AWS::IAM::Policy").values():
        if role in map(named, policy["Properties"]["Roles"]):
            yield from policy["Properties"]["PolicyDocument"]["Statement"]


def _is_of_every_machine(statement: Resource) -> bool:
    """Tell what the CDK permits each machine by itself: to deliver logs and traces."""
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    return {action.partition(":")[0] for action in actions} <= {"logs", "xray"}


def _known(template: Template, resource: str) -> str:
    """Name a resource by what it belongs to: a prefix by its bucket, executions by their machine."""
    if resource.endswith(":*") and ":execution:" in resource:
        return f"children of {resource.split(':')[-2].partition('/')[0]}"
    return next((id for id in of_type(template, "AWS::S3::Bucket") if resource.startswith(id)), resource)
