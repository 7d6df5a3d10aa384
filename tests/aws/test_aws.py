"""The ports that end in AWS, against an AWS in memory: versions, books, slots, sealing, files, keys."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from gateway.aws.jobs import Jobs, Ledger, Repeats
from gateway.aws.keys import Keys
from gateway.aws.pacers import Pacers
from gateway.aws.secrets import Secrets
from gateway.aws.workflow import Letters, Tokens, Workflow
from gateway.domain.job import CostLine, Job, moved
from gateway.domain.pacing import Full, Pace, Slot
from gateway.domain.repeat import KEPT_S, Made, Repeat
from gateway.errors import Conflict
from tests.builders import make_job, make_ports
from tests.cloud import client, small_cloud

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:moto.*")


@pytest.fixture(scope="module")
def cloud() -> Iterator[dict[str, str]]:
    """One cloud for all."""
    with small_cloud() as settings:
        yield settings


@pytest.fixture
def dynamodb(cloud: dict[str, str]) -> Any:
    """The client that the stores share."""
    return client("dynamodb")


@pytest.fixture
def job(request: pytest.FixtureRequest) -> Job:
    """A new job, named after its test."""
    return replace(make_job(make_ports({})), id=f"gw_{request.node.name}"[:40], version=0)


def test_a_job_comes_back_as_it_was_stored(dynamodb: Any, job: Job) -> None:
    """Every field survives the table."""
    Jobs(dynamodb, "jobs").create(job)

    assert Jobs(dynamodb, "jobs").get(job.tenant, job.id) == job


def test_another_tenant_does_not_see_it(dynamodb: Any, job: Job) -> None:
    """The tenant is part of the key, not a filter."""
    Jobs(dynamodb, "jobs").create(job)

    assert Jobs(dynamodb, "jobs").get("stranger", job.id) is None


def test_the_second_of_two_writers_is_refused(dynamodb: Any, job: Job) -> None:
    """A write names the version it was made from."""
    jobs = Jobs(dynamodb, "jobs")
    jobs.create(job)
    jobs.save(moved(job, "start", 1.0))

    with pytest.raises(Conflict):
        jobs.save(moved(job, "fail", 2.0))


def test_a_tenants_jobs_come_in_order_a_page_at_a_time(dynamodb: Any, job: Job) -> None:
    """Either way round, from behind any of them; no stranger's."""
    jobs = Jobs(dynamodb, "jobs")
    for tenant, number in (("pages", 1), ("pages", 2), ("pages", 3), ("stranger", 4)):
        jobs.create(replace(job, tenant=tenant, id=f"gw_page_{number}"))

    def numbers(after: str = "", *, newest_first: bool = True) -> str:
        return "".join(each.id[-1] for each in jobs.page("pages", 2, after, newest_first=newest_first))

    assert (numbers(), numbers("gw_page_2"), numbers("gw_page_1")) == ("32", "1", "")
    assert (numbers(newest_first=False), numbers("gw_page_2", newest_first=False)) == ("12", "3")


def test_a_page_is_full_though_its_jobs_are_large(dynamodb: Any, job: Job) -> None:
    """DynamoDB reads a megabyte at a time; who gets less than a page would take it for the last one."""
    jobs = Jobs(dynamodb, "jobs")
    for number in range(4):
        jobs.create(replace(job, tenant="large", id=f"gw_{number}", input={"prompt": "x" * 380_000}))

    assert [each.id for each in jobs.page("large", 4, "")] == ["gw_3", "gw_2", "gw_1", "gw_0"]


def test_a_job_is_due_from_its_instant_until_it_ends(dynamodb: Any, job: Job) -> None:
    """The index follows the job's own writes."""
    jobs = Jobs(dynamodb, "jobs")
    job = replace(job, sweep_at=5.5)
    jobs.create(job)
    created = due_at(jobs, job, 5.4, 5.5)

    running = jobs.save(moved(replace(job, sweep_at=7.5), "start", 1.0))
    watched = due_at(jobs, job, 7.4, 7.5)
    jobs.save(moved(running, "fail", 2.0))

    assert created == watched == [False, True]
    assert due_at(jobs, job, 9e9) == [False]


def test_settling_writes_job_entries_and_counter_together_and_once(dynamodb: Any, job: Job) -> None:
    """The books equal the job; a second settlement changes nothing."""
    Jobs(dynamodb, "jobs").create(job)
    ledger, line = Ledger(dynamodb, "jobs", "usage"), CostLine("output_second", 8, 400_000, 1, 3_200_000, "s")
    ledger.settle(replace(job, finished_at=5.0), 1, (line,), True, "2026-11")

    with pytest.raises(Conflict):
        ledger.settle(replace(job, version=1), 1, (line,), True, "2026-11")

    entries = dynamodb.scan(TableName="usage")["Items"]
    counter = next(item for item in entries if item["entry"]["S"] == "counter#2026-11")
    assert (counter["billed_micros"]["N"], counter["jobs"]["N"]) == ("3200000", "1")
    assert len(entries) == 2


def test_a_job_and_the_call_that_made_it_are_stored_together_and_once(dynamodb: Any, job: Job) -> None:
    """The second call with that key stores nothing of its own."""
    repeats, call = Repeats(dynamodb, "jobs", "repeats"), Repeat(f"name of {job.id}", "digest")
    repeats.create(job, call)
    second = replace(job, id=f"{job.id[:30]}-2")

    with pytest.raises(Conflict):
        repeats.create(second, call)

    assert repeats.find(call.name, job.created_at + 5) == Made("digest", job.id)
    assert Jobs(dynamodb, "jobs").get(job.tenant, job.id) == job
    assert Jobs(dynamodb, "jobs").get(job.tenant, second.id) is None


def test_a_later_call_takes_the_place_of_an_earlier_one(dynamodb: Any, job: Job) -> None:
    """Where that is what is asked for; the first one is then nobody's."""
    repeats, call = Repeats(dynamodb, "jobs", "repeats"), Repeat(f"name of {job.id}", "digest")

    repeats.renew(call, "first", 0)
    repeats.renew(call, "second", 1)

    assert repeats.find(call.name, 2) == Made("digest", "second")


def test_a_call_is_known_for_a_day_whenever_its_item_is_deleted(dynamodb: Any, job: Job) -> None:
    """After that the key may make another job."""
    repeats, call = Repeats(dynamodb, "jobs", "repeats"), Repeat(f"name of {job.id}", "digest")
    repeats.create(job, call)
    tomorrow = replace(job, id=f"{job.id[:30]}-2", created_at=job.created_at + KEPT_S)

    assert repeats.find(call.name, tomorrow.created_at) is None
    repeats.create(tomorrow, call)
    assert repeats.find(call.name, tomorrow.created_at) == Made("digest", tomorrow.id)


def test_a_call_whose_job_exists_already_is_not_stored(dynamodb: Any, job: Job) -> None:
    """Both or neither."""
    repeats, call = Repeats(dynamodb, "jobs", "repeats"), Repeat(f"name of {job.id}", "digest")
    Jobs(dynamodb, "jobs").create(job)

    with pytest.raises(Conflict):
        repeats.create(job, call)

    assert repeats.find(call.name, job.created_at) is None


def test_slots_are_evenly_spaced_after_the_burst(dynamodb: Any) -> None:
    """Burst 2 at 6 a minute: two at once, then one every ten seconds, then full."""
    pacers, pace = Pacers(dynamodb, "pacers"), Pace(10, 10)

    slots = [pacers.reserve("google#ours#us", pace, 1000.0, 25) for _ in range(5)]

    assert slots == [Slot(1000.0), Slot(1000.0), Slot(1010.0), Slot(1020.0), Full(5.0)]


def test_a_pushed_pool_starts_nothing_before_its_time(dynamodb: Any) -> None:
    """A provider's Retry-After holds for all workers."""
    pacers, pace = Pacers(dynamodb, "pacers"), Pace(10, 10)
    pacers.push("fal#ours#us", pace, 1030.0)

    assert pacers.reserve("fal#ours#us", pace, 1000.0, 60) == Slot(1030.0)


def test_a_sealed_key_opens_under_its_own_context_alone(cloud: dict[str, str]) -> None:
    """A key taken from one job's item is useless for another."""
    secrets = make_secrets(cloud["BYOK_KEY"])
    sealed = secrets.seal("AIza-mine", {"job": "a"})

    assert secrets.unseal(sealed, {"job": "a"}) == "AIza-mine"
    assert "AIza" not in sealed
    with pytest.raises(client("kms").exceptions.ClientError):
        secrets.unseal(sealed, {"job": "b"})


def test_a_missing_secret_says_how_to_set_it(cloud: dict[str, str]) -> None:
    """The operator reads the command, not a stack trace."""
    secrets = make_secrets("k")

    assert secrets.get("sluice/providers/google") == "AIza-ours"
    with pytest.raises(LookupError, match="run `sluice secrets set fal`"):
        secrets.get("sluice/providers/fal")


def test_a_job_is_handed_over_once(cloud: dict[str, str]) -> None:
    """The execution is named after the job, so that a second hand-over is none."""
    workflow = Workflow(lambda: client("stepfunctions"), cloud["WORKFLOW"])

    workflow.start("acme", "gw_1")
    workflow.start("acme", "gw_1")

    found = client("stepfunctions").list_executions(stateMachineArn=cloud["WORKFLOW"])["executions"]
    assert [execution["name"] for execution in found] == ["gw_1"]


def test_a_job_is_handed_over_again_under_the_next_name(cloud: dict[str, str]) -> None:
    """A name is used once; an execution that still runs under it is the one that was asked for."""
    states = client("stepfunctions")
    workflow = Workflow(lambda: states, cloud["WORKFLOW"])
    second, running = workflow.again("acme", "gw_2"), workflow.again("acme", "gw_2")
    states.stop_execution(executionArn=f"{cloud['WORKFLOW'].replace('stateMachine', 'execution')}:{second}")

    third = workflow.again("acme", "gw_2")

    assert (second, running, third) == ("gw_2-2", "gw_2-2", "gw_2-3")


def test_a_letter_is_read_until_it_is_dropped(cloud: dict[str, str]) -> None:
    """One that was not dropped comes back; here at once, in a queue that hides nothing."""
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="letters", Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    letters = Letters(lambda: sqs, url)
    sqs.send_message(QueueUrl=url, MessageBody="a")

    receipt, text = next(letters.read())
    again, _ = next(letters.read())
    letters.drop(again)

    assert (text, receipt != again) == ("a", True)
    assert list(letters.read()) == []


def test_a_token_that_nobody_waits_for_is_let_go(cloud: dict[str, str]) -> None:
    """A duplicate message answers a task that was answered before."""
    Tokens(lambda: client("stepfunctions")).succeed("an old token", {"outcome": "done"})


def test_a_key_is_known_by_its_hash_and_can_be_turned_off(dynamodb: Any) -> None:
    """The table never holds the key itself."""
    keys = Keys(dynamodb, "keys")
    key_id, key = keys.create(name="ci", tenant="acme", tier="pro", scopes=("submit", "read"))

    assert (keys.find(key) or {})["id"] == key_id
    assert key not in str(dynamodb.scan(TableName="keys"))
    assert keys.disable(key_id)
    assert keys.find(key) is None


def due_at(jobs: Jobs, job: Job, *instants: float) -> list[bool]:
    """Tell at which instants a job is due."""
    return [(job.tenant, job.id) in jobs.due(now) for now in instants]


def make_secrets(key_id: str) -> Secrets:
    """Open the secrets of the cloud."""
    return Secrets(lambda: client("secretsmanager"), lambda: client("kms"), key_id, lambda: 1.0)
