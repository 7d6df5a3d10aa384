"""The function that streams: started by our script, and with time left when its last connection ends."""

import pytest

from gateway.flow.watch import LAST_S, LIFE_S
from gateway.runtime.loop import LAST_MS
from infra.resources.stream import START
from tests.resources.stacks import ROOT, Template, of_type, one


@pytest.mark.synth
def test_script_that_starts_the_loop_is_part_of_the_package(aws: Template):
    function = one(aws, "AWS::Lambda::Function", "FunctionsStreamFunction")

    assert function["Environment"]["Variables"]["AWS_LAMBDA_EXEC_WRAPPER"] == START
    assert (ROOT / "functions" / START.removeprefix("/var/task/")).is_file()


@pytest.mark.synth
def test_no_other_function_is_started_by_a_script(aws: Template):
    functions = [f["Properties"] for f in of_type(aws, "AWS::Lambda::Function").values()]
    wrapped = [f["Handler"] for f in functions if "AWS_LAMBDA_EXEC_WRAPPER" in f["Environment"]["Variables"]]

    assert wrapped == ["gateway.handlers.stream.handler"]


@pytest.mark.synth
def test_a_connection_ends_before_its_function_does(aws: Template):
    timeout_s = one(aws, "AWS::Lambda::Function", "FunctionsStreamFunction")["Timeout"]

    assert timeout_s > LIFE_S + LAST_S
    assert LAST_MS < LAST_S * 1000
