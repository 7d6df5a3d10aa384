"""A batch, from its file to its reports: every line becomes one job or one error, whatever dies meanwhile."""

import json
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.batch import Line
from gateway.errors import Clash, Conflict, InvalidRequest, NotFound
from gateway.flow.batch import cancel, report, submit, watch
from gateway.flow.batch.survey import OVERDUE_S
from gateway.plan import Tier
from tests.builders import CALLER, shipped_plan
from tests.flow.batch.world import (
    BASE,
    LINE,
    end_jobs,
    jobs_of,
    latest,
    lines_of,
    make_desk,
    of_text,
    run,
    submitted,
    surveyed,
    worked,
)


def text_of(*lines: Any) -> bytes:
    """Write lines; what is text already stays as it is."""
    return "".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in lines).encode()


def test_every_line_has_a_result_and_the_rest_of_a_bad_one_runs() -> None:
    """Line 731 of 1,000 is no JSON: 999 jobs, one error with its number, two reports."""
    lines: list[Any] = [{**LINE, "custom_id": f"c-{n}"} for n in range(1, 1001)]
    lines[730] = '{"model": "veo-3.1", "input": {"prompt": '
    desk = make_desk(replace(shipped_plan(), tiers={}))

    ended = run(desk, of_text(desk, text_of(*lines)))

    results, failures = lines_of(desk, ended.results), lines_of(desk, ended.failures)
    assert (ended.status, ended.counts["total"]) == ("completed", 1000)
    assert (ended.counts["failed"], ended.counts["invalid"]) == (999, 1)
    assert [each["line"] for each in results] == list(range(1, 1001))
    assert len({each["job"]["id"] for each in results if each["job"]}) == 999
    assert (results[730]["job"], results[730]["error"]["code"]) == (None, "invalid_json")
    assert results[730]["error"]["message"].startswith("line 731 is not JSON: ")
    assert failures[730] == results[730]


def test_a_part_reads_its_own_bytes_alone() -> None:
    """Twenty workers do not read a thousand lines twenty times."""
    desk = make_desk(replace(shipped_plan(), tiers={}))
    batch = of_text(desk, text_of(*[LINE] * 120))
    spans = surveyed(desk, batch)

    worked(desk, batch, spans[1])

    assert [(span.part, span.first) for span in spans] == [(0, 1), (1, 51), (2, 101)]
    assert desk.sheets.reads[-1] == (spans[1].start, spans[1].end) == (spans[0].end, spans[2].start)


INVALID: dict[str, tuple[Any, str, str]] = {
    "unknown model": (
        {"model": "veo-9", "input": {"prompt": "x"}},
        "model_not_found",
        "unknown model 'veo-9'",
    ),
    "unknown parameter": (
        {"model": "veo-3.1", "input": {"prompt": "x", "lenght": 3}},
        "unknown_parameter",
        "lenght: is not a parameter",
    ),
    "no prompt": ({"model": "veo-3.1"}, "missing_parameter", "prompt: is required"),
    "no model": ({"input": {"prompt": "x"}}, "missing_parameter", "model: is required"),
    "stray field": ({**LINE, "prompt": "x"}, "unknown_parameter", "prompt: is not a field of a job"),
    "too deep": ("[" * 5000, "invalid_json", "line 2 is not JSON"),
    "not an object": ("[1]", "invalid_json", "line 2 must be a JSON object"),
    "a key": ({**LINE, "byok": {"fal": "secret"}}, "invalid_parameter", "byok: is not taken in a batch"),
    "a name that is none": ({**LINE, "custom_id": 7}, "invalid_parameter", "custom_id: must be a text"),
    "too long": (json.dumps({**LINE, "metadata": {"a": "x" * 300_000}}), "line_too_long", "line 2 is longer"),
}


@pytest.mark.parametrize("case", INVALID)
def test_a_line_that_the_api_would_refuse_has_the_same_error(case: str) -> None:
    """And its neighbours run."""
    line, code, text = INVALID[case]
    desk = make_desk()

    ended = run(desk, of_text(desk, text_of(LINE, line, LINE)))

    (wrong,) = (each for each in lines_of(desk, ended.results) if each["error"])
    assert (wrong["line"], wrong["error"]["code"]) == (2, code)
    assert wrong["error"]["message"].startswith(text)
    assert (ended.counts["failed"], ended.counts["invalid"], len(jobs_of(desk))) == (2, 1, 2)


UNFIT = {
    "empty": (b"", "empty_input", "the file has no line"),
    "blank": (b"\n  \n", "empty_input", "the file has no line"),
    "no JSON": (b"prompt,model\na fox,veo-3.1\n", "not_jsonl", "none of the file's 2 lines is a JSON object"),
    "two names": (
        text_of({**LINE, "custom_id": "a"}, LINE, {**LINE, "custom_id": "a"}),
        "duplicate_custom_id",
        "line 3 has the custom_id 'a', which line 1 has, too",
    ),
    "too many": (b'{"model": "m"}\n' * 10_001, "too_many_lines", "the file has more than 10000 lines"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_a_file_that_cannot_be_run_fails_the_batch_before_anything_starts(case: str) -> None:
    """The batch says why."""
    text, code, message = UNFIT[case]
    desk = make_desk()
    desk.sheets.chunk = 65536
    batch = of_text(desk, text)

    assert surveyed(desk, batch) == []

    failed = latest(desk, batch)
    assert (failed.status, failed.error_code) == ("failed", code)
    assert failed.error_message.startswith(f"input: {message}")
    assert jobs_of(desk) == []


def test_a_worker_that_dies_makes_no_second_job() -> None:
    """It accepted its lines and did not say so: the next one finds the same jobs."""
    desk = make_desk()
    batch = submitted(desk, LINE, LINE, LINE)
    (span,) = surveyed(desk, batch)

    worked(desk, batch, span)
    made = [job.id for job in jobs_of(desk)]
    desk.batches.pieces.clear()
    worked(desk, batch, span)

    assert [job.id for job in jobs_of(desk)] == made
    assert [line.job for line in desk.batches.part(batch.id, 0).lines] == made
    assert desk.ports.workflow.started == made


def test_two_workers_on_one_part_do_not_undo_each_other() -> None:
    """The slower one is refused and looks again."""
    desk = make_desk()
    batch = submitted(desk, LINE)
    (span,) = surveyed(desk, batch)
    worked(desk, batch, span)
    stale = replace(desk.batches.part(batch.id, 0), version=0)

    with pytest.raises(Conflict):
        desk.batches.save_part(stale)


def test_lines_without_room_wait_and_leave_some_to_the_keys_own_calls() -> None:
    """Eight places: six for the batch, and the key's own call finds one."""
    desk = make_desk(replace(shipped_plan(), tiers={"pro": Tier(concurrent=8)}))
    batch = submitted(desk, *[LINE] * 10)
    (span,) = surveyed(desk, batch)

    first = worked(desk, batch, span)
    own = submit_own(desk)
    end_jobs(desk)
    worked(desk, batch, span)

    statuses = [line.status for line in desk.batches.part(batch.id, 0).lines]
    assert (first.over, first.pause_s) == (False, 5)
    assert own.status == "queued"
    assert statuses == ["failed"] * 6 + ["open"] * 4


def submit_own(desk: Any) -> Any:
    """Send a call of the key's own."""
    from gateway.domain.body import read_job
    from gateway.flow.repeat import take_in

    return take_in(desk.ports, CALLER, read_job(LINE), BASE, None).job


def test_a_look_that_takes_long_notes_what_it_made_and_goes_on_later() -> None:
    """A job takes eighteen seconds to make here: two are made, and the next look is soon."""
    desk = make_desk()
    ports = desk.ports
    slow = replace(ports, random=lambda size: ports.sleep(9) or ports.random(size))
    desk = replace(desk, ports=slow)
    batch = submitted(desk, *[LINE] * 5)
    (span,) = surveyed(desk, batch)

    first = worked(desk, batch, span)

    statuses = [line.status for line in desk.batches.part(batch.id, 0).lines]
    assert (first.over, first.pause_s, statuses) == (False, 2, ["open"] * 2 + ["waiting"] * 3)


def test_looks_become_rare_while_nothing_happens() -> None:
    """A minute at most, and more often again when something does."""
    desk = make_desk()
    batch = submitted(desk, LINE, LINE)
    (span,) = surveyed(desk, batch)

    pauses = [worked(desk, batch, span).pause_s for _ in range(12)]
    end_jobs(desk, most=1)

    assert pauses[:5] == [2, 3, 4, 7, 10]
    assert pauses[-1] == 60
    assert worked(desk, batch, span).pause_s == 15


def test_a_canceled_batch_starts_nothing_more_and_reports_what_was() -> None:
    """One had succeeded by then, four are canceled, the others never came to be."""
    desk = make_desk(replace(shipped_plan(), tiers={"pro": Tier(concurrent=6)}))
    batch = submitted(desk, *[LINE] * 7)
    (span,) = surveyed(desk, batch)
    worked(desk, batch, span)
    end_jobs(desk, most=1)

    cancel.cancel(desk, batch.tenant, batch.id, desk.ports.now() + 10)
    over = worked(desk, batch, span).over
    report.report(desk, batch.tenant, batch.id, lambda: b"secret")

    ended = latest(desk, batch)
    last = lines_of(desk, ended.results)[-1]
    assert (over, ended.status) == (True, "canceled")
    assert (ended.counts["failed"], ended.counts["canceled"]) == (1, 6)
    assert (last["job"], last["error"]["code"]) == (None, "batch_canceled")
    assert cancel.cancel(desk, batch.tenant, batch.id, 0) == ended


def test_a_batch_that_has_ended_is_too_late_to_cancel() -> None:
    """409; and a stranger's is not found."""
    desk = make_desk()
    ended = run(desk, submitted(desk, LINE))

    with pytest.raises(Clash, match=r"is completed, which is too late to cancel it\.$"):
        cancel.cancel(desk, ended.tenant, ended.id, 0)
    with pytest.raises(NotFound, match=r"^no batch 'bat_"):
        cancel.cancel(desk, "stranger", ended.id, 0)


def test_a_deadline_ends_lines_that_found_no_room() -> None:
    """They failed and say why; what was started goes on."""
    desk = make_desk(replace(shipped_plan(), tiers={"pro": Tier(concurrent=1)}))
    batch = submitted(desk, LINE, LINE, deadline="30m")
    (span,) = surveyed(desk, batch)
    worked(desk, batch, span)

    desk.ports.sleep(30 * 60)
    worked(desk, batch, span)

    first, second = desk.batches.part(batch.id, 0).lines
    assert (first.status, second.status) == ("open", "failed")
    assert second.error["code"] == "batch_expired"


def test_a_file_that_changes_meanwhile_is_not_run_any_further() -> None:
    """What waits is another text than the one that was checked."""
    desk = make_desk(replace(shipped_plan(), tiers={"pro": Tier(concurrent=1)}))
    batch = submitted(desk, LINE, LINE)
    (span,) = surveyed(desk, batch)
    worked(desk, batch, span)

    desk.sheets.files[batch.key] = text_of(LINE, {**LINE, "model": "kling-3.0-pro"})
    worked(desk, batch, span)

    assert desk.batches.part(batch.id, 0).lines[1].error["code"] == "input_gone"
    assert len(jobs_of(desk)) == 1


def test_a_part_that_is_missing_is_gone_through_again_and_then_given_up() -> None:
    """Five rounds; then the batch fails and says how much of it."""
    desk = make_desk()
    batch = submitted(desk, LINE, LINE)
    surveyed(desk, batch)

    rounds = [report.report(desk, batch.tenant, batch.id, lambda: b"secret") for _ in range(5)]

    assert rounds == [True] * 4 + [False]
    failed = latest(desk, batch)
    assert (failed.status, failed.error_code) == ("failed", "internal_error")
    assert failed.error_message.startswith("2 of 2 lines could not be worked off")


def test_the_same_call_makes_one_batch() -> None:
    """Another body with that key is a conflict."""
    from gateway.domain import repeat

    desk = make_desk()
    body = {"requests": [LINE]}
    call = repeat.read("order 7", CALLER.key_id, "POST /v1/batches", body)

    first, again = (submit.submit(desk, CALLER, submit.read(body), BASE, call) for _ in range(2))
    other = repeat.read("order 7", CALLER.key_id, "POST /v1/batches", {"requests": [LINE, LINE]})

    assert (first[1], again) == (True, (first[0], False))
    with pytest.raises(Clash, match=r"^Idempotency-Key: it was used less than a day ago for bat_"):
        submit.submit(desk, CALLER, submit.read(body), BASE, other)


BODIES: dict[str, tuple[dict[str, Any], str, str]] = {
    "neither": ({}, "missing_parameter", "^input: give either"),
    "both": ({"input": "upl_x", "requests": [LINE]}, "invalid_parameter", "^input: give either"),
    "none": ({"requests": []}, "invalid_parameter", "^requests: must be a list with at least one request"),
    "too many": ({"requests": [LINE] * 501}, "too_many_lines", "^requests: has 501, 500 are the most"),
    "no object": ({"requests": [LINE, 7]}, "invalid_parameter", r"^requests\[1\]: must be an object"),
    "two names": (
        {"requests": [{**LINE, "custom_id": "a"}] * 2},
        "duplicate_custom_id",
        r"^requests\[1\].custom_id: 'a' is also that of requests\[0\]",
    ),
    "a key": (
        {"requests": [{**LINE, "byok": {"fal": "k"}}]},
        "invalid_parameter",
        r"^requests\[0\].byok: is not",
    ),
    "deadline": (
        {"requests": [LINE], "deadline": "2d"},
        "invalid_parameter",
        "^deadline: must be minutes or hours",
    ),
    "negative": ({"requests": [LINE], "deadline": "-1h"}, "invalid_parameter", "^deadline: must be minutes"),
    "stray": (
        {"requests": [LINE], "webhook_url": "https://a.example"},
        "unknown_parameter",
        "^webhook_url: is not",
    ),
    "metadata": ({"requests": [LINE], "metadata": {"a": 1}}, "invalid_parameter", "^metadata: must be"),
    "reference": ({"input": 7}, "invalid_parameter", "^input: must be the reference of an upload"),
    "no reference": (
        {"input": "upl_x"},
        "invalid_input",
        "^input: 'upl_x' is not the reference of an upload",
    ),
}


@pytest.mark.parametrize("case", BODIES)
def test_a_body_that_cannot_be_meant_stores_nothing(case: str) -> None:
    """The error names the field."""
    body, code, text = BODIES[case]
    desk = make_desk()

    with pytest.raises(InvalidRequest, match=text) as told:
        submit.submit(desk, CALLER, submit.read(body), BASE, None)

    assert told.value.code == code
    assert desk.batches.items == {}
    assert desk.sheets.files == {}


def test_a_batch_that_nobody_took_over_is_handed_over() -> None:
    """Its call died between storing it and starting it."""
    desk = make_desk()
    batch = submitted(desk, LINE)
    desk.runs.started.clear()

    assert watch.see_to(desk, batch.tenant, batch.id) == "none"
    desk.ports.sleep(61)
    assert desk.batches.due(desk.ports.now()) == [(batch.tenant, batch.id)]
    assert watch.see_to(desk, batch.tenant, batch.id) == "handed over"
    assert desk.runs.started == [batch.id]
    surveyed(desk, batch)
    assert desk.batches.due(desk.ports.now()) == []


def test_a_batch_that_is_long_overdue_ends() -> None:
    """Its execution is gone, and nobody said so."""
    desk = make_desk()
    batch = submitted(desk, LINE)
    surveyed(desk, batch)
    desk.ports.sleep(24 * 3600 + OVERDUE_S)

    assert watch.see_to(desk, batch.tenant, batch.id) == "closed"
    assert (latest(desk, batch).status, latest(desk, batch).error_code) == ("failed", "internal_error")


@pytest.mark.parametrize(
    ("execution", "status", "done"),
    [("", "FAILED", ""), ("-2", "FAILED", "closed"), ("", "ABORTED", "closed")],
)
def test_a_broken_execution_gets_one_more(execution: str, status: str, done: str) -> None:
    """What was stopped, or broke again, ends the batch."""
    desk = make_desk()
    batch = submitted(desk, LINE)

    found = watch.broke(desk, batch.tenant, batch.id, f"{batch.id}{execution}", status)

    assert found == (done or f"{batch.id}-2")
    assert latest(desk, batch).status == ("failed" if done else "validating")


def test_a_line_remembers_no_prompt() -> None:
    """What is stored of a part is names, states and errors."""
    desk = make_desk()
    batch = submitted(desk, {**LINE, "custom_id": "a"})
    (span,) = surveyed(desk, batch)
    worked(desk, batch, span)

    (line,) = desk.batches.part(batch.id, 0).lines

    assert line == Line(1, "a", "open", jobs_of(desk)[0].id)
    assert (jobs_of(desk)[0].batch, jobs_of(desk)[0].webhook_url) == (batch.id, "")
