"""Compare what a state machine does with what its role may do, because no emulator does."""

import json
from collections.abc import Iterator
from typing import Any

from tests.resources.stacks import Resource, Template, named, of_type, one, statements

ACTIONS = {
    "arn:aws:states:::lambda:invoke": "lambda:InvokeFunction",
    "arn:aws:states:::lambda:invoke.waitForTaskToken": "lambda:InvokeFunction",
    "arn:aws:states:::sqs:sendMessage.waitForTaskToken": "sqs:SendMessage",
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
    for state in json.loads(machine["DefinitionString"])["States"].values():
        if state["Type"] != "Task":
            continue
        arguments = state["Arguments"]
        action = ACTIONS[state["Resource"]]
        if "FunctionName" in arguments:
            yield f"{action} {named(filled_in[arguments['FunctionName'].strip('${}')])}"
        else:
            assert "${Queues}" in arguments["QueueUrl"]
            yield from (f"{action} {queue}" for queue in _mentioned(template, filled_in["Queues"]))


def _mentioned(template: Template, value: Any) -> Iterator[str]:
    """Yield the queues that a text is put together from."""
    text = json.dumps(value)
    return (queue for queue in of_type(template, "AWS::SQS::Queue") if f'"{queue}"' in text)


def _permitted(template: Template, machine: Resource) -> Iterator[str]:
    role = template["Resources"][named(machine["RoleArn"])]["Properties"]
    for statement in statements(role):
        resources, actions = statement["Resource"], statement["Action"]
        for resource in resources if isinstance(resources, list) else [resources]:
            for action in actions if isinstance(actions, list) else [actions]:
                yield f"{action} {named(resource)}"
