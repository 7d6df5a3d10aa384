"""The queues of the pools, their dead letters, and who hears of them."""

import pytest

from gateway.aws.waiting import PUMP_S
from tests.resources.stacks import Template, make_blueprint, named, of_type, one, synth


@pytest.mark.synth
def test_message_is_hidden_a_little_longer_than_a_start_may_take(aws: Template):
    timeout_s = one(aws, "AWS::Lambda::Function", "FunctionsStartFunction")["Timeout"]
    queues = {
        id[:-8]: queue["Properties"]["VisibilityTimeout"]
        for id, queue in of_type(aws, "AWS::SQS::Queue").items()
        if "RedrivePolicy" in queue["Properties"] and "Bells" not in id
    }

    assert queues == {"Queuesfal": timeout_s + 5, "Queuesinhouse": timeout_s + 5}


@pytest.mark.synth
def test_bell_comes_back_only_when_the_pump_that_died_over_it_holds_its_pool_no_more(aws: Template):
    """A pump may take its pool for ``PUMP_S`` in its last second; a bell that finds it taken is let go."""
    timeout_s = one(aws, "AWS::Lambda::Function", "FunctionsPumpFunction")["Timeout"]
    (bells,) = (
        q["Properties"] for id, q in of_type(aws, "AWS::SQS::Queue").items() if id[:-8] == "QueuesBells"
    )

    assert timeout_s < PUMP_S
    assert bells["VisibilityTimeout"] > timeout_s + PUMP_S


@pytest.mark.synth
def test_message_is_dead_after_three_receives_and_kept_for_two_weeks(aws: Template):
    queues = of_type(aws, "AWS::SQS::Queue")
    policies = [
        q["Properties"]["RedrivePolicy"] for q in queues.values() if "RedrivePolicy" in q["Properties"]
    ]

    assert len(policies) == 3
    assert {policy["maxReceiveCount"] for policy in policies} == {3}
    assert {named(policy["deadLetterTargetArn"]) for policy in policies} == {
        id for id in queues if "dead" in id
    }
    assert {q["Properties"]["MessageRetentionPeriod"] for q in queues.values()} == {14 * 86400}


@pytest.mark.synth
def test_queues_are_encrypted_and_refuse_plain_http(aws: Template):
    queues = of_type(aws, "AWS::SQS::Queue")
    refusing = [named(p["Properties"]["Queues"][0]) for p in of_type(aws, "AWS::SQS::QueuePolicy").values()]

    assert {q["Properties"]["SqsManagedSseEnabled"] for q in queues.values()} == {True}
    assert sorted(refusing) == sorted(queues)


@pytest.mark.synth
def test_every_dead_letter_raises_an_alarm(aws: Template):
    alarms = [a["Properties"] for a in of_type(aws, "AWS::CloudWatch::Alarm").values()]
    watched = [
        alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0]
        for alarm in alarms
        if alarm["Namespace"] == "AWS/SQS"
    ]

    assert sorted(watched) == sorted(id for id in of_type(aws, "AWS::SQS::Queue") if "dead" in id)
    assert {(a["Threshold"], a["ComparisonOperator"]) for a in alarms} == {(0, "GreaterThanThreshold")}


@pytest.mark.synth
def test_alarm_of_the_pump_is_about_bells_that_nobody_could_answer(aws: Template):
    pump = one(aws, "AWS::CloudWatch::Alarm", "AlarmsPump")

    assert named(pump["Dimensions"][0]["Value"]).startswith("QueuesBellsdead")
    assert pump["AlarmDescription"].startswith("the pump crashed 3 times over a pool")


@pytest.mark.synth
@pytest.mark.parametrize("step", ["Check", "Deliver"])
def test_one_crash_of_a_step_wakes_nobody_and_a_quarter_of_an_hour_of_them_does(aws: Template, step: str):
    alarm = one(aws, "AWS::CloudWatch::Alarm", f"Alarms{step}")

    assert (alarm["EvaluationPeriods"], alarm["Period"], alarm["MetricName"]) == (3, 300, "Errors")
    assert named(alarm["Dimensions"][0]["Value"]).startswith(f"Functions{step}")


@pytest.mark.synth
def test_alarms_tell_nobody_unless_an_address_is_given(aws: Template):
    told = synth(make_blueprint(), alarm_email="ops@example.com")

    assert of_type(aws, "AWS::SNS::Topic") == {}
    assert one(told, "AWS::SNS::Subscription")["Endpoint"] == "ops@example.com"
    assert all(
        len(a["Properties"]["AlarmActions"]) == 1 for a in of_type(told, "AWS::CloudWatch::Alarm").values()
    )
