"""Compare what a state machine does with what its role may do, because no emulator does."""

import json
from collections.abc import Iterator
from typing import Any

from tests.resources.stacks import Template, named, of_type, one, statements

ACTIONS = {
    "arn:aws:states:::lambda:invoke": "lambda:InvokeFunction",
    "arn:aws:states:::lambda:invoke.waitForTaskToken": "lambda:InvokeFunction",
    "arn:aws:states:::sqs:sendMessage.waitForTaskToken": "sqs:SendMessage",
}


def differences(template: Template) -> list[str]:
    """Return what is called without permission, and what is permitted and never called."""
    called, permitted = set(_called(template)), set(_permitted(template))
    return sorted(
        [f"calls {what} without permission" for what in called - permitted]
        + [f"may do {what} and never does" for what in permitted - called]
    )


def definition_of(template: Template) -> dict[str, Any]:
    """Return the definition of the machine, with names not yet filled in."""
    definition: dict[str, Any] = json.loads(
        one(template, "AWS::StepFunctions::StateMachine")["DefinitionString"]
    )
    return definition


def _called(template: Template) -> Iterator[str]:
    machine = one(template, "AWS::StepFunctions::StateMachine")
    filled_in = machine["DefinitionSubstitutions"]
    for state in definition_of(template)["States"].values():
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


def _permitted(template: Template) -> Iterator[str]:
    machine = one(template, "AWS::StepFunctions::StateMachine")
    role = template["Resources"][named(machine["RoleArn"])]["Properties"]
    for statement in statements(role):
        resources, actions = statement["Resource"], statement["Action"]
        for resource in resources if isinstance(resources, list) else [resources]:
            for action in actions if isinstance(actions, list) else [actions]:
                yield f"{action} {named(resource)}"
