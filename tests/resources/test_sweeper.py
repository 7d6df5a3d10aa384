"""The sweeper: when it is called, and that what it sweeps up nobody works on any more."""

import pytest

from gateway.flow.accept import LEASE_S
from tests.resources.stacks import Template, named, of_type, one


@pytest.mark.synth
def test_sweeper_is_called_every_minute_and_when_an_execution_breaks(aws: Template):
    rules = {id: rule["Properties"] for id, rule in of_type(aws, "AWS::Events::Rule").items()}
    called = {named(rule["Targets"][0]["Arn"]) for rule in rules.values()}
    minute, broke = (one(aws, "AWS::Events::Rule", name) for name in ("Minute", "Broke"))

    assert len(rules) == 2
    assert [id for id in called if not id.startswith("FunctionsSweepFunction")] == []
    assert minute["ScheduleExpression"] == "rate(1 minute)"
    assert broke["EventPattern"]["detail"]["status"] == ["FAILED", "TIMED_OUT", "ABORTED"]
    assert named(broke["EventPattern"]["detail"]["stateMachineArn"][0]).startswith("StepsMachine")


@pytest.mark.synth
def test_lease_outlives_the_function_that_holds_it(aws: Template):
    assert one(aws, "AWS::Lambda::Function", "FunctionsApiFunction")["Timeout"] < LEASE_S


@pytest.mark.synth
def test_dead_start_is_met_once_in_a_round(aws: Template):
    hidden_s = one(aws, "AWS::SQS::Queue", "Startsdead")["VisibilityTimeout"]

    assert one(aws, "AWS::Lambda::Function", "FunctionsSweepFunction")["Timeout"] < hidden_s
