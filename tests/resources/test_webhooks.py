"""The machine of deliveries: ids alone, a try and a wait in turn, and somebody is told of what stays dead."""

from typing import Any

import pytest

from infra.resources.webhooks import definition
from tests.resources.stacks import Template, named, of_type, one

STATES: dict[str, dict[str, Any]] = definition()["States"]


def test_a_try_is_followed_by_a_wait_and_the_next_try_until_nothing_more_is_to_be_done():
    (again,) = STATES["Tried"]["Choices"]

    assert STATES["Try"]["Next"] == "Tried"
    assert again == {"Condition": "{% $states.input.outcome = 'again' %}", "Next": "Until"}
    assert STATES["Until"] == {"Type": "Wait", "Timestamp": "{% $states.input.at %}", "Next": "Try"}
    assert (STATES["Tried"]["Default"], STATES["Done"]) == ("Done", {"Type": "Succeed"})


def test_the_state_has_ids_alone():
    assert set(STATES["Try"]["Arguments"]["Payload"]) == {"tenant", "job", "webhook", "delivery"}


def test_a_try_that_crashes_is_repeated_for_more_than_a_day():
    """An outage of ours must not lose what a receiver would have taken."""
    (retry,) = STATES["Try"]["Retry"]
    pauses = [
        min(retry["IntervalSeconds"] * retry["BackoffRate"] ** count, retry["MaxDelaySeconds"])
        for count in range(retry["MaxAttempts"])
    ]

    assert retry["ErrorEquals"] == ["States.ALL"]
    assert sum(pauses) / 2 > 15 * 3600  # half of it, because chance takes a share of each


@pytest.mark.synth
def test_the_machine_is_standard_and_logs_no_data(aws: Template):
    """Only a standard one waits for days, and takes a name once."""
    machine = one(aws, "AWS::StepFunctions::StateMachine", "Courier")

    assert machine.get("StateMachineType", "STANDARD") == "STANDARD"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False


@pytest.mark.synth
@pytest.mark.parametrize(("id", "metric"), [("Receiver", "DeadReceivers"), ("Courier", "ExecutionsFailed")])
def test_somebody_is_told_of_what_stays_dead(aws: Template, id: str, metric: str):
    alarm = one(aws, "AWS::CloudWatch::Alarm", f"Alarms{id}")

    assert (alarm["MetricName"], alarm["Threshold"]) == (metric, 0)


@pytest.mark.synth
def test_the_number_that_the_alarm_looks_at_is_the_one_that_the_function_writes(aws: Template):
    alarm = one(aws, "AWS::CloudWatch::Alarm", "AlarmsReceiver")
    (dimension,) = alarm["Dimensions"]
    (notify,) = (id for id in of_type(aws, "AWS::Lambda::Function") if "Notify" in id)

    assert (alarm["Namespace"], dimension["Name"], named(dimension["Value"])) == (
        "Sluice",
        "FunctionName",
        notify,
    )
