"""The workflow: what its states do is permitted, and every state is reached and leads on."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from infra.resources import batch_steps
from infra.resources.machine import FUNCTIONS, definition
from tests.resources.calls import definition_of, differences
from tests.resources.stacks import Template, of_type, one, statements

STATES: dict[str, dict[str, Any]] = definition()["States"]


@pytest.mark.synth
@pytest.mark.parametrize("target", ["aws", "local"])
def test_machine_may_do_exactly_what_its_states_do(target: str, request: pytest.FixtureRequest):
    template: Template = request.getfixturevalue(target)

    assert differences(template) == []


@pytest.mark.synth
@pytest.mark.parametrize("action", ["lambda:InvokeFunction", "sqs:SendMessage"])
def test_missing_permission_is_reported(aws: Template, action: str):
    broken = copy.deepcopy(aws)
    (statement,) = (
        s for s in statements(one(broken, "AWS::IAM::Role", "StepsRole")) if s["Action"] == action
    )
    taken = statement["Resource"].pop()["Fn::GetAtt"][0]

    assert differences(broken) == [f"calls {action} {taken} without permission"]


@pytest.mark.synth
def test_permission_that_no_state_needs_is_reported(aws: Template):
    wide = copy.deepcopy(aws)
    (start,) = (id for id in of_type(wide, "AWS::Lambda::Function") if "FunctionsStart" in id)
    next(statements(one(wide, "AWS::IAM::Role", "StepsRole")))["Resource"].append(
        {"Fn::GetAtt": [start, "Arn"]}
    )

    assert differences(wide) == [f"may do lambda:InvokeFunction {start} and never does"]


@pytest.mark.synth
def test_machine_keeps_no_data_in_its_logs(aws: Template):
    machine = one(aws, "AWS::StepFunctions::StateMachine", "Steps")

    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
    assert machine["TracingConfiguration"] == {"Enabled": True}
    assert "TimeoutSeconds" not in definition_of(aws)


@pytest.mark.synth
def test_machine_is_standard(aws: Template):
    assert (
        one(aws, "AWS::StepFunctions::StateMachine", "Steps").get("StateMachineType", "STANDARD")
        == "STANDARD"
    )


def test_every_state_is_reached_and_leads_to_one_that_exists():
    reached, todo = set(), ["Route"]
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo += _following(STATES[name])

    assert reached == set(STATES)


def _following(state: dict[str, Any]) -> Iterator[str]:
    yield from (state[key] for key in ("Next", "Default") if key in state)
    yield from (branch["Next"] for key in ("Choices", "Catch") for branch in state.get(key, ()))


@pytest.mark.parametrize(
    ("outcome", "following"),
    [
        ("pending", "Pause"),
        ("listen", "Listen"),
        ("done", "Deliver"),
        ("next", "Route"),
        ("delivered", "Settle"),
        ("fail", "Settle"),
    ],
)
def test_outcome_of_a_step_decides_where_the_job_goes(outcome: str, following: str):
    decide = STATES["Decide"]

    found = [rule["Next"] for rule in decide["Choices"] if f"= '{outcome}' %}}" in rule["Condition"]]

    assert [*found, decide["Default"]][0] == following


@pytest.mark.parametrize(
    ("outcome", "following"), [("go", "Slot"), ("queue", "Queue"), ("end", "Settle"), ("else", "Settle")]
)
def test_route_sends_a_job_on_into_the_queue_or_to_its_end(outcome: str, following: str):
    routed = STATES["Routed"]

    found = [rule["Next"] for rule in routed["Choices"] if f"= '{outcome}' %}}" in rule["Condition"]]

    assert STATES["Route"]["Next"] == "Routed"
    assert [*found, routed["Default"]] == list(dict.fromkeys([following, "Settle"]))


def test_queue_waits_for_the_pump_whose_word_is_the_slot():
    """The answer of the function itself goes nowhere: the result of the state is what the token is told."""
    queue = STATES["Queue"]

    assert queue["Resource"].endswith(":lambda:invoke.waitForTaskToken")
    assert queue["Arguments"]["Payload"]["token"] == "{% $states.context.Task.Token %}"
    assert queue["Assign"] == {"slot": "{% $states.result %}"}
    assert queue["Next"] == "Queued"
    assert [choice["Next"] for choice in STATES["Queued"]["Choices"]] == ["Slot", "Route"]


def test_job_that_no_pump_knows_of_is_lost_after_a_day():
    assert STATES["Queue"]["TimeoutSeconds"] == 24 * 3600
    assert STATES["Queue"]["Catch"] == [{"ErrorEquals": ["States.ALL"], "Next": "Lost"}]


def test_who_listens_writes_his_token_down_unless_the_call_has_come_already():
    """The provider's call and the wait for it may come in either order: one condition tells which did."""
    listen = STATES["Listen"]
    asked = listen["Arguments"]

    assert asked["ExpressionAttributeValues"][":token"] == {"S": "{% $states.context.Task.Token %}"}
    assert asked["ConditionExpression"] == "attribute_not_exists(heard)"
    assert listen["TimeoutSeconds"] == "{% $max([1, $ceil($states.input.after_s)]) %}"


@pytest.mark.parametrize(
    ("error", "following", "called"),
    [
        ("DynamoDb.ConditionalCheckFailedException", "Check", True),
        ("States.Timeout", "Check", None),
        ("States.ALL", "Pause", None),
    ],
)
def test_whatever_ends_listening_a_look_follows(error: str, following: str, called: bool | None):
    """A call that had come, one that does not come, and a table that cannot be written: that waits first."""
    (caught,) = (each for each in STATES["Listen"]["Catch"] if each["ErrorEquals"] == [error])

    assert STATES["Listen"]["Next"] == "Check"
    assert caught["Next"] == following
    assert caught.get("Assign", {}).get("called") is called
    assert (caught.get("Output") == "{% $states.input %}") is (following == "Pause")


@pytest.mark.parametrize("step", ["Start", "Check", "Deliver"])
def test_steps_of_an_attempt_all_come_to_the_same_decision(step: str):
    assert STATES[step]["Next"] == "Decide"


@pytest.mark.parametrize(
    ("step", "following"), [("Route", "Lost"), ("Check", "CheckLater"), ("Deliver", "DeliverLater")]
)
def test_step_that_crashes_is_tried_again_before_it_goes_elsewhere(step: str, following: str):
    (retry,), (catch,) = STATES[step]["Retry"], STATES[step]["Catch"]

    assert (retry["MaxAttempts"], retry["IntervalSeconds"], retry["BackoffRate"]) == (4, 2, 2)
    assert retry["JitterStrategy"] == "FULL"
    assert catch == {"ErrorEquals": ["States.ALL"], "Next": following}


@pytest.mark.parametrize(
    ("step", "condition", "after_all"),
    [
        ("Check", "{% $millis() < $slot.until_ms %}", "GiveUp"),
        ("Deliver", "{% $millis() < $slot.until_ms + 3600000 %}", "Lost"),
    ],
)
def test_accepted_attempt_is_looked_after_until_its_time_is_over(step: str, condition: str, after_all: str):
    """A function that keeps crashing is no failed job: the provider works on it, and is paid for it."""
    wait, again = STATES[f"{step}Later"], STATES[f"{step}Again"]

    assert wait["Seconds"].startswith("{% $min([300, $max([60, ")
    assert wait["Next"] == f"{step}Again"
    assert again["Choices"] == [{"Condition": condition, "Next": step}]
    assert again["Default"] == after_all


def test_route_is_told_to_give_up_an_attempt_whose_time_is_over():
    give_up = STATES["GiveUp"]

    assert give_up["Arguments"]["FunctionName"] == "${Route}"
    assert give_up["Arguments"]["Payload"]["overdue"] is True
    assert (give_up["Next"], give_up["Assign"]) == (STATES["Route"]["Next"], STATES["Route"]["Assign"])


def test_start_is_never_repeated_by_the_workflow():
    """A start is billed: what comes after a crash is for the function to find out."""
    assert "Retry" not in STATES["Start"]
    assert STATES["Start"]["Catch"] == [{"ErrorEquals": ["States.ALL"], "Next": "Lost"}]


def test_settling_that_fails_is_seen():
    assert STATES["Settle"]["Retry"][0]["MaxAttempts"] == 6
    assert "Catch" not in STATES["Settle"]


def test_state_carries_ids_and_no_content():
    payloads = {name: set(STATES[name]["Arguments"]["Payload"]) for name in FUNCTIONS}
    message = STATES["Start"]["Arguments"]["MessageBody"]

    assert payloads == {
        "Route": {"tenant", "job", "retries"},
        "Queue": {"tenant", "job", "hop", "token"},
        "Check": {"tenant", "job", "attempt", "called"},
        "Deliver": {"tenant", "job", "attempt"},
        "Settle": {"tenant", "job", "lost"},
    }
    assert set(message) == {"tenant", "job", "attempt", "token"}


def test_variables_are_assigned_before_they_are_read():
    """AWS refuses a variable that nothing assigned: every way to Settle sets lost."""
    assert set(STATES["Route"]["Assign"]) == {"slot", "lost", "called"}
    assert STATES["Listen"]["Assign"] == {"called": True}
    assert set(STATES["Queue"]["Assign"]) == {"slot"}
    assert STATES["Lost"]["Assign"] == {"lost": True}


def test_long_video_takes_few_transitions():
    """A job with three looks at its provider, the first of them near its usual end."""
    without_polls = [
        "Route",
        "Routed",
        "Slot",
        "Start",
        "Decide",
        "Deliver",
        "Decide",
        "Settle",
        "Done",
    ]

    assert len(without_polls) + 3 * len(["Pause", "Check", "Decide"]) <= 20
    assert all(name in STATES for name in without_polls)


@pytest.mark.synth
def test_timeout_of_a_start_is_a_number_only_on_the_emulator(aws: Template, local: Template):
    on_aws, on_emulator = (definition_of(t)["States"]["Start"]["TimeoutSeconds"] for t in (aws, local))

    assert on_aws == "{% $ceil($slot.timeout_s) %}"
    assert on_emulator == 900


BATCH = batch_steps.definition()["States"]


def test_batch_is_a_map_over_parts_that_we_wrote_ourselves():
    """A list of ours has no line that cannot be read; the callers' lines are read by the parts' function."""
    parts = BATCH["Parts"]

    assert parts["ItemReader"]["ReaderConfig"] == {"InputType": "JSONL"}
    assert parts["ItemReader"]["Parameters"]["Key.$"] == "$.parts"
    assert parts["ItemProcessor"]["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    assert (parts["MaxConcurrency"], parts["ToleratedFailurePercentage"]) == (5, 100)
    assert set(parts["ItemSelector"]) == {"tenant.$", "batch.$", "span.$"}
    assert parts["ResultPath"] is None


def test_every_state_of_a_batch_is_reached_and_crashes_are_tried_again():
    inner = BATCH["Parts"]["ItemProcessor"]["States"]

    for states, start in ((BATCH, "Survey"), (inner, "Part")):
        reached, todo = set(), [start]
        while todo:
            name = todo.pop()
            if name not in reached:
                reached.add(name)
                todo += _following(states[name])
        assert reached == set(states)
    tasks = [state for state in (*BATCH.values(), *inner.values()) if state["Type"] == "Task"]
    assert [task["Retry"][0]["MaxAttempts"] for task in tasks] == [6] * 3


@pytest.mark.synth
def test_batch_may_start_its_own_children_and_nothing_else(aws: Template):
    broken = copy.deepcopy(aws)
    (policy,) = (p for id, p in of_type(broken, "AWS::IAM::Policy").items() if "BatchesChildren" in id)
    policy["Properties"]["PolicyDocument"]["Statement"].clear()

    found = differences(broken)

    assert [text.partition("BatchesMachine")[0] for text in found] == [
        "calls states:DescribeExecution children of ",
        "calls states:StartExecution ",
        "calls states:StopExecution children of ",
    ]
