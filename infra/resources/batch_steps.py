"""The workflow of one batch as data: Amazon States Language, ids and keys only. Nothing of CDK here.

    Survey -> Parts (each: Part -> Rest -> Part ... -> Over) -> Report -> Done
                 ^------------------- Again <------------------+

Survey writes the list of parts, and a Distributed Map has a child execution for each, a few at once, so that
a batch of ten thousand lines has some hundred jobs under way at most. A part that keeps crashing fails by
itself; Report finds what is missing, and the parts are gone through again.
In JSONPath, because the emulator knows the reader of a Distributed Map in no other language.
"""

from typing import Any

State = dict[str, Any]

FUNCTIONS = ("Survey", "Part", "Report")
# Parts at once; with the lines of a part, how many jobs of a batch may be under way.
WORKERS = 5
# A part of the names of child executions.
LABEL = "Parts"


def definition() -> State:
    """Return the state machine's definition, with names for what CloudFormation knows."""
    return {
        "Comment": "One execution is one batch",
        "StartAt": "Survey",
        "States": {
            "Survey": _task("Survey", "Surveyed"),
            "Surveyed": _choice("go", "Parts", "Done"),
            "Parts": _parts(),
            "Report": _task("Report", "Reported"),
            "Reported": _choice("again", "Again", "Done"),
            "Again": {"Type": "Wait", "SecondsPath": "$.after_s", "Next": "Parts"},
            "Done": {"Type": "Succeed"},
        },
    }


def _parts() -> State:
    """Go through all parts; one that fails does not stop the others, and what they answer is forgotten."""
    return {
        "Type": "Map",
        "Label": LABEL,
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSONL"},
            "Parameters": {"Bucket": "${Bucket}", "Key.$": "$.parts"},
        },
        "ItemSelector": {
            "tenant.$": "$.tenant",
            "batch.$": "$.batch",
            "span.$": "$$.Map.Item.Value",
        },
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Part",
            "States": {
                "Part": _task("Part", "Worked"),
                "Worked": _choice("again", "Rest", "Over"),
                "Rest": {"Type": "Wait", "SecondsPath": "$.after_s", "Next": "Part"},
                "Over": {"Type": "Pass", "Result": {}, "End": True},
            },
        },
        "MaxConcurrency": WORKERS,
        "ToleratedFailurePercentage": 100,
        "ResultPath": None,
        "Next": "Report",
    }


def _task(function: str, following: str) -> State:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": f"${{{function}}}", "Payload.$": "$"},
        "OutputPath": "$.Payload",
        "Retry": [
            {
                "ErrorEquals": ["States.ALL"],
                "IntervalSeconds": 2,
                "MaxAttempts": 6,
                "BackoffRate": 2,
                "JitterStrategy": "FULL",
            }
        ],
        "Next": following,
    }


def _choice(outcome: str, following: str, default: str) -> State:
    rule = {"Variable": "$.outcome", "StringEquals": outcome, "Next": following}
    return {"Type": "Choice", "Choices": [rule], "Default": default}
