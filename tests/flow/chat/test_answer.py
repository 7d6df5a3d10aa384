"""What a caller hears, what is stored, and what is booked, however a chat goes."""

import json
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.outcome import Failure
from gateway.domain.pacing import Pace
from gateway.errors import GatewayError, InvalidRequest, JobFailed, RateLimited
from gateway.protocols.http import Stalled
from tests.builders import answer
from tests.flow.chat.line import (
    DONE,
    FIREWORKS,
    GROQ,
    HI,
    OPENROUTER,
    ROLE,
    USAGE,
    WHOLE,
    Said,
    begin,
    counted,
    delta,
    event,
    on,
    stored,
    taken_in,
    text_of,
    whole,
)

CHOICE = {"index": 0, "message": {"role": "assistant", "content": "twelve"}, "finish_reason": "stop"}
GOOD = answer({"choices": [CHOICE], "usage": USAGE})
DOWN = answer({"error": {"message": "down"}}, 503)
COST = 0.000108  # 120 tokens at 0.90 USD a million


def entries(ports: Any) -> list[tuple[str, int]]:
    """Return what was booked, by meter."""
    return [(meter, micros) for _, meter, micros, _ in ports.ledger.ledger.entries]


def test_a_whole_answer_has_its_cost_in_its_usage() -> None:
    """
    It is under the public name and the job's id, and says who served it.
    """
    ports, _ = on({FIREWORKS: [GOOD]})

    said = whole(ports).document

    assert (said["object"], said["model"], said["provider"]) == (
        "chat.completion", "meta/llama-3.3-70b-instruct", "fireworks"
    )  # fmt: skip
    assert said["id"] == stored(ports).id
    assert said["choices"] == [CHOICE | {"logprobs": None}]
    assert said["usage"] == USAGE | {"cost": COST}
    assert entries(ports) == [("input_token", 90), ("output_token", 18)]


def test_nothing_that_was_said_is_stored() -> None:
    """
    Of the words only their number is kept, also of those that a provider repeats in its error.
    """
    bad = answer({"error": {"message": f"no: {HI[0]['content']}", "code": "invalid_prompt"}}, 400)
    ports, _ = on({FIREWORKS: [bad]})
    tool = {"type": "function", "function": {"name": "secretive", "description": "a hidden word"}}

    with pytest.raises(JobFailed):
        whole(ports, tools=[tool])

    text = repr(stored(ports))
    assert stored(ports).input == {"messages": 1, "tools": 1}
    assert all(word not in text for word in ("waves", "secretive", "hidden"))
    assert "no: …" in text


def test_a_stream_is_told_as_it_comes_and_ends_with_its_usage() -> None:
    """
    Who did not ask for a chunk of its own finds the usage in the last one.
    """
    ports, line = on({FIREWORKS: [WHOLE]})

    told = list(begin(ports))

    assert text_of(told) == "twelve wäves"
    assert told[-1] is None
    assert told[-2]["choices"][0]["finish_reason"] == "stop"
    assert told[-2]["usage"] == USAGE | {"cost": COST}
    assert all(each["usage"] is None for each in told[:-2])
    assert (stored(ports).status, line.open) == ("succeeded", 0)


def test_who_asks_for_the_usage_gets_it_in_a_chunk_of_its_own() -> None:
    """
    As OpenAI sends it.
    """
    ports, _ = on({FIREWORKS: [WHOLE]})

    told = list(begin(ports, stream_options={"include_usage": True}))

    assert (told[-2]["choices"], told[-2]["usage"]["cost"]) == ([], COST)
    assert told[-3]["usage"] is None


@pytest.mark.parametrize(
    "first",
    [
        DOWN,
        Failure("transient", "connection", "the connection failed"),
        Said((ROLE, event(error={"message": "overloaded", "code": 503}))),
        Said((ROLE,), Stalled("nothing came")),
        Said((ROLE, b"data: {broken\n\n")),
        Said((b"<html>",)),
        Said((b'{"choices": []}',), kind="application/json"),
        Said((b": keep alive\n\n",) * 9, pause_s=10),
    ],
)
def test_another_target_answers_as_long_as_nothing_was_said(first: Any) -> None:
    """
    Whatever kept the first one from saying a word; the caller sees nothing of it.
    """
    if isinstance(first, Failure):
        first = Said((), ConnectionError(first.message))
    ports, line = on({FIREWORKS: [first], OPENROUTER: [WHOLE]})

    told = list(begin(ports))

    job = stored(ports)
    assert text_of(told) == "twelve wäves"
    assert [(each.provider, each.status) for each in job.attempts] == [
        ("fireworks", "failed"), ("openrouter", "succeeded")
    ]  # fmt: skip
    assert line.open == 0


BROKEN = {
    "an error event": Said((ROLE, delta("twelve "), event(error={"message": "sorry", "code": "oops"}))),
    "no end mark": Said((ROLE, delta("twelve "))),
    "a lost connection": Said((ROLE, delta("twelve ")), ConnectionError("IncompleteRead")),
    "a cut character": Said((ROLE, delta("twelve "), delta("wäves").partition(b"\xc3")[0] + b"\xc3")),
    "a cut event": Said((ROLE, delta("twelve "), delta("waves")[:20])),
    "silence": Said((ROLE, delta("twelve ")), Stalled("nothing came within 60 s")),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_breaks_after_the_first_word_is_told_and_ends_there(case: str) -> None:
    """
    No other target goes on with it; what was said is paid for, by an estimate that says so.
    """
    ports, line = on({FIREWORKS: [BROKEN[case]], OPENROUTER: [WHOLE]})

    *told, last = begin(ports)

    job = stored(ports)
    assert text_of(told) == "twelve "
    assert last["error"]["code"] == ("provider_timeout" if case == "silence" else "provider_transient")
    assert last["error"]["job_id"] == job.id
    assert (job.status, job.estimated, len(job.attempts), line.open) == ("failed", True, 1, 0)
    assert entries(ports) == [("input_token", 6), ("output_token", 2)]


def test_a_caller_that_leaves_takes_the_provider_with_it() -> None:
    """
    The connection is closed, what came is booked, and the key has its place back.
    """
    ports, line = on({FIREWORKS: [WHOLE]})

    stream = begin(ports)
    next(stream)
    next(stream)
    stream.close()

    job = stored(ports)
    assert (line.open, job.status, job.estimated) == (0, "canceled", True)
    assert entries(ports) == [("input_token", 6), ("output_token", 2)]
    assert ports.leases.holders == {"key#key_1": {}}


def test_a_caller_that_leaves_before_it_hears_anything_leaves_nothing_behind() -> None:
    """
    The first words came while it was going: the provider is left, what was asked is booked.
    """
    ports, line = on({FIREWORKS: [WHOLE]})

    begin(ports).close()  # type: ignore[attr-defined]

    assert (line.open, stored(ports).status) == (0, "canceled")
    assert entries(ports) == [("input_token", 6)]
    assert ports.leases.holders == {"key#key_1": {}}


def test_an_end_without_a_count_is_estimated() -> None:
    """
    Some providers tell no usage; the answer says that ours is a guess.
    """
    ports, _ = on({FIREWORKS: [Said((delta("twelve waves"), delta(finish="stop"), DONE))]})

    told = list(begin(ports))

    assert told[-2]["usage"] == {
        "prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10, "estimated": True, "cost": 9e-06
    }  # fmt: skip


def test_when_nobody_answers_the_caller_is_told_of_everybody() -> None:
    """
    As one error, with the job under which the attempts can be looked up.
    """
    ports, _ = on({FIREWORKS: [DOWN], OPENROUTER: [DOWN], GROQ: [DOWN]})

    with pytest.raises(GatewayError, match=r"fireworks/.*503.*openrouter/.*groq/") as failed:
        begin(ports)

    assert (failed.value.status, failed.value.code) == (502, "all_targets_failed")
    assert stored(ports).status == "failed"


def test_a_callers_mistake_is_not_tried_elsewhere() -> None:
    """
    The provider's own words say what it is.
    """
    bad = answer({"error": {"message": "tools: too many", "code": "invalid"}}, 400)
    ports, line = on({FIREWORKS: [bad]})

    with pytest.raises(JobFailed, match="too many") as failed:
        whole(ports)

    assert (failed.value.status, len(line.sent)) == (400, 1)


def test_a_refusal_for_want_of_room_stops_the_pool_and_goes_on() -> None:
    """
    The next caller does not run into it.
    """
    full = answer({"error": {"message": "slow down"}}, 429, **{"retry-after": "30"})
    ports, _ = on({FIREWORKS: [full, GOOD], OPENROUTER: [GOOD]})
    began = ports.now()

    whole(ports)

    assert [each.provider for each in stored(ports).attempts] == ["fireworks", "openrouter"]
    assert ports.pacers.look("fireworks#ours#global").arrival >= began + 30


def test_a_full_pool_is_waited_for_and_then_sends_the_caller_away() -> None:
    """
    With the time after which there is room; nothing is stored, and the key has its place back.
    """
    ports, _ = on({FIREWORKS: [GOOD]})
    pace = Pace(0.1, 0)
    ports.pacers.push("fireworks#ours#global", pace, ports.now() + 20)

    whole(ports)
    ports.pacers.push("fireworks#ours#global", pace, ports.now() + 500)
    with pytest.raises(RateLimited, match="no free slot within 60 s") as full:
        whole(ports)

    assert int(full.value.headers["retry-after"]) > 300
    assert len(ports.jobs.jobs.items) == 1
    assert ports.leases.holders == {"key#key_1": {}}


def test_a_chat_has_one_job_and_no_receiver() -> None:
    """
    It is one write to begin with, one to end, and no webhook is told.
    """
    ports, _ = on({FIREWORKS: [GOOD]})

    whole(ports)

    job = stored(ports)
    assert (job.version, job.untold) == (1, False)
    assert [what for _, what in job.history] == ["queued", "running", "1.started", "delivering", "succeeded"]


def test_a_chat_makes_few_calls_to_its_tables() -> None:
    """
    Four by itself, one more for its key's rate, and two for how many may run at once. A circuit that nothing
    happened to is told for free.
    """
    ports, _ = on({FIREWORKS: [GOOD]})
    ports, calls = counted(
        ports, "jobs", "repeats", "ledger", "pacers", "leases", "circuits", "webhooks", "queue"
    )

    whole(ports)

    key = ["pacers.reserve", "leases.take"]
    own = ["circuits.ask", "pacers.reserve", "jobs.create", "circuits.succeeded"]
    assert calls == [*key, *own, "leases.give_back", "ledger.settle"]


def test_a_chat_of_a_key_without_limits_makes_four() -> None:
    """
    Where no tier has any.
    """
    ports, _ = on({FIREWORKS: [GOOD]})
    ports, calls = counted(
        replace(ports, plan=replace(ports.plan, tiers={})), "jobs", "ledger", "pacers", "leases", "circuits"
    )

    whole(ports)

    free = "circuits.succeeded"
    assert [call for call in calls if call != free] == [
        "circuits.ask", "pacers.reserve", "jobs.create", "ledger.settle"
    ]  # fmt: skip


def test_a_chat_ends_with_its_deadline() -> None:
    """
    The callers own, or the route's; whichever is first.
    """
    slow = Said((ROLE, delta("twelve "), delta("waves "), delta("so "), DONE), pause_s=4)
    ports, line = on({FIREWORKS: [slow]})

    *told, last = begin(ports, deadline="10s")

    assert (text_of(told), last["error"]["code"], line.open) == ("twelve ", "provider_timeout", 0)


def test_parameters_go_out_under_the_providers_names() -> None:
    """
    And fields of ours do not.
    """
    ports, line = on({GROQ: [GOOD]})

    whole(ports, model="gpt-oss-120b", max_completion_tokens=7, user="u-1", metadata={"a": "b"}, store=True)

    sent = json.loads(line.sent[0].body or b"")
    assert sent == {"model": "openai/gpt-oss-120b", "messages": HI, "max_completion_tokens": 7}
    assert (stored(ports).customer_id, stored(ports).metadata) == ("u-1", {"a": "b"})


def test_the_chain_can_be_named_reordered_and_filtered() -> None:
    """
    By ``models`` and ``provider``, as OpenRouter has them; what was left out is told with the reason.
    """
    ports, _ = on({})

    chain = taken_in(ports, provider={"order": ["openrouter"]}).chain
    own = taken_in(ports, models=["meta/llama-3.3-70b-instruct", "gpt-terra"]).chain
    cheap = taken_in(ports, model="gpt-oss-120b", provider={"max_price": {"completion": 1}})

    assert [hop.provider for hop in chain] == ["openrouter", "openrouter", "fireworks", "groq"]
    assert [hop.provider for hop in own] == ["fireworks", "openrouter", "openai"]
    assert [hop.provider for hop in cheap.chain] == ["groq"]
    assert "has no price" in cheap.skipped[0].reason


@pytest.mark.parametrize(
    ("provider", "chain"),
    [
        ({}, ["fireworks"]),
        ({"order": ["openrouter"]}, ["openrouter"]),
        ({"order": ["openrouter", "fireworks", "groq"]}, ["openrouter", "fireworks"]),
        ({"ignore": ["fireworks"]}, ["openrouter"]),
    ],
)
def test_a_caller_who_wants_no_fallback_gets_none(provider: dict[str, Any], chain: list[str]) -> None:
    """
    Only the first that can take the call, or those that are named; and no other model. The trace says why.
    """
    ports, _ = on({})

    job = taken_in(ports, provider={**provider, "allow_fallbacks": False})

    assert [hop.provider for hop in job.chain] == chain
    assert "provider.allow_fallbacks is false" in {skip.reason for skip in job.skipped}


def test_without_fallback_the_first_failure_is_the_answer() -> None:
    """
    The next one is not asked.
    """
    ports, line = on({FIREWORKS: [DOWN], OPENROUTER: [GOOD]})

    with pytest.raises(JobFailed, match="fireworks"):
        whole(ports, provider={"allow_fallbacks": False})

    assert len(line.sent) == 1


def test_an_order_that_serves_no_model_of_the_call_is_a_mistake() -> None:
    """
    Where nobody else may answer.
    """
    ports, _ = on({})

    with pytest.raises(InvalidRequest, match=r"allow_fallbacks is false") as caught:
        taken_in(ports, provider={"order": ["nobody"], "allow_fallbacks": False})

    assert caught.value.code == "no_target"
