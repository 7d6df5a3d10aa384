"""The functions: what each is given, and how starts are fed."""

import pytest

from tests.resources.stacks import Resource, Template, named, of_type, one

ALWAYS = {"LOG_LEVEL", "POWERTOOLS_SERVICE_NAME"}
POOLS = {"JOBS_TABLE", "PACERS_TABLE", "BELLS"}
QUEUE = POOLS | {"WAITING_TABLE"}
FILES = POOLS | {"BUCKET", "BYOK_KEY"}
# What sets deliveries of webhooks going.
TELL = {"WEBHOOKS_TABLE", "COURIER"}
FRONT = {"REPEATS_TABLE", "USAGE_TABLE", "DELIVERIES_TABLE", "LINK_SECRET", "WORKFLOW"}
ABROAD = {"DESTINATIONS_TABLE", "ACCOUNT"}
BATCHES = {"BATCHES_TABLE", "BATCHES"}
FUNCTIONS: dict[str, tuple[int, int, set[str]]] = {
    "authorize": (256, 5, {"KEYS_TABLE"}),
    "api": (1024, 30, QUEUE | FILES | TELL | FRONT | ABROAD | BATCHES),
    "survey": (512, 300, {"BATCHES_TABLE", "BUCKET"}),
    "part": (
        512,
        300,
        QUEUE | TELL | ABROAD | {"BATCHES_TABLE", "REPEATS_TABLE", "BUCKET", "WORKFLOW", "LINK_SECRET"},
    ),
    "report": (512, 900, {"BATCHES_TABLE", "JOBS_TABLE", "BUCKET", "LINK_SECRET"}),
    "route": (256, 30, POOLS | {"BYOK_KEY"}),
    "queue": (256, 15, QUEUE),
    "pump": (512, 55, QUEUE),
    "start": (512, 75, FILES | TELL | {"EGRESS"}),
    "check": (512, 90, FILES | TELL),
    "deliver": (256, 900, FILES),
    "settle": (256, 15, POOLS | TELL | {"USAGE_TABLE"}),
    "sweep": (256, 55, QUEUE | TELL | BATCHES | {"USAGE_TABLE", "WORKFLOW", "DEAD_STARTS"}),
    "notify": (256, 60, {"JOBS_TABLE", "WEBHOOKS_TABLE", "DELIVERIES_TABLE", "LINK_SECRET", "EGRESS"}),
    "egress": (256, 130, {"BUCKET", "BUCKET_OWNER"}),
    "stream": (512, 270, QUEUE | FILES | TELL | FRONT | ABROAD | {"AWS_LAMBDA_EXEC_WRAPPER"}),
}


@pytest.mark.synth
@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_gets_what_it_needs(aws: Template, name: str):
    memory_mb, timeout_s, variables = FUNCTIONS[name]
    function = one(aws, "AWS::Lambda::Function", f"Functions{name.capitalize()}Function")

    assert function["Handler"] == f"gateway.handlers.{name}.handler"
    assert (function["MemorySize"], function["Timeout"]) == (memory_mb, timeout_s)
    assert set(function["Environment"]["Variables"]) == variables | ALWAYS


@pytest.mark.synth
def test_functions_share_one_package(aws: Template):
    functions = of_type(aws, "AWS::Lambda::Function").values()

    assert len(functions) == len(FUNCTIONS)
    assert len({str(function["Properties"]["Code"]) for function in functions}) == 1


@pytest.mark.synth
def test_functions_run_on_the_newest_python_and_on_arm(aws: Template):
    functions = of_type(aws, "AWS::Lambda::Function").values()

    assert {f["Properties"]["Runtime"] for f in functions} == {"python3.14"}
    assert {tuple(f["Properties"]["Architectures"]) for f in functions} == {("arm64",)}


@pytest.mark.synth
def test_logs_are_kept_for_a_month(aws: Template):
    groups = of_type(aws, "AWS::Logs::LogGroup").values()

    assert {group["Properties"]["RetentionInDays"] for group in groups} == {30}
    assert len(groups) == len(FUNCTIONS) + 3


@pytest.mark.synth
def test_starts_are_fed_one_by_one_and_as_many_as_the_pool_allows(aws: Template):
    sources = _sources(aws, "Start")

    assert {source["BatchSize"] for source in sources} == {1}
    assert {str(source["FunctionResponseTypes"]) for source in sources} == {"['ReportBatchItemFailures']"}
    assert [(_queue(s), s["ScalingConfig"]["MaximumConcurrency"]) for s in sources] == [
        ("Queuesfal", 40),
        ("Queuesinhouse", 2),
    ]


@pytest.mark.synth
def test_pumps_hear_one_bell_at_a_time_and_leave_room_for_starts(aws: Template):
    """A bell that breaks its pump comes back whole: the pump reports no part of a batch."""
    (source,) = _sources(aws, "Pump")

    assert _queue(source) == "QueuesBells"
    assert (source["BatchSize"], source["ScalingConfig"]["MaximumConcurrency"]) == (1, 10)
    assert "FunctionResponseTypes" not in source


@pytest.mark.synth
def test_nothing_else_is_fed_by_a_queue(aws: Template):
    sources = of_type(aws, "AWS::Lambda::EventSourceMapping")

    assert len(sources) == len(_sources(aws, "Start")) + len(_sources(aws, "Pump"))


def _sources(template: Template, function: str) -> list[Resource]:
    """Return what feeds a function, in the order of the queues' ids."""
    sources = [s["Properties"] for s in of_type(template, "AWS::Lambda::EventSourceMapping").values()]
    fed = f"Functions{function}Function"
    return sorted((s for s in sources if named(s["FunctionName"]).startswith(fed)), key=_queue)


def _queue(source: Resource) -> str:
    """Return a source's queue by its id without the hash at its end."""
    return named(source["EventSourceArn"])[:-8]


@pytest.mark.synth
@pytest.mark.parametrize("function", ["Api", "Notify", "Stream"])
def test_public_address_reaches_those_who_write_links(local: Template, function: str):
    variables = one(local, "AWS::Lambda::Function", f"Functions{function}Function")["Environment"][
        "Variables"
    ]

    assert variables["PUBLIC_URL"] == "http://localhost:8787"


@pytest.mark.synth
def test_loopback_is_allowed_on_the_emulator_alone(aws: Template, local: Template):
    def allowing(template: Template) -> list[str]:
        functions = of_type(template, "AWS::Lambda::Function").values()
        given = [f["Properties"] for f in functions]
        return [f["Handler"] for f in given if "ALLOW_LOOPBACK" in f["Environment"]["Variables"]]

    assert allowing(aws) == []
    assert sorted(allowing(local)) == [
        f"gateway.handlers.{name}.handler" for name in ("api", "egress", "part", "stream")
    ]
