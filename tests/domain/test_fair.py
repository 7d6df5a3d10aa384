"""Whose turn it is: order within a tenant, no starvation, even shares, nothing saved up by being away.

The queue is the tags over a list. A *turn* is all jobs of one tag: at most one of each tenant. With ``v`` for
the tag that left last, a tenant that waits has its first job at ``v`` (its turn is not over) or at ``v + 1``.
"""

from collections import Counter
from itertools import combinations
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import fair
from tests.fakes.pools import FakeQueue

POOL = "fal#ours#us"
TENANTS = "abc"
# None lets the first one go. A new job has a number that decides between equal tags, as its age does.
Steps = list[tuple[str, int] | None]


class Job(NamedTuple):
    """The ``number``-th job of a tenant."""

    tenant: str
    number: int


class Event(NamedTuple):
    """A job came or went; ``waiting`` is how many of each tenant waited just before."""

    came: bool
    job: Job
    waiting: Counter[str]


STEPS = st.lists(st.none() | st.tuples(st.sampled_from(TENANTS), st.integers(0, 99)), min_size=1, max_size=80)


def course(steps: Steps) -> list[Event]:
    """Let jobs come and go as told, then all go; return what happened, in order."""
    queue, log, seen, waiting = FakeQueue(), [], Counter[str](), Counter[str]()
    for step in [*steps, *[None] * len(steps)]:
        if step is not None:
            job = Job(step[0], seen[step[0]])
            seen[job.tenant] += 1
            queue.enter(POOL, job.tenant, f"{step[1]:02}-{job.tenant}-{job.number}", 0, str(job.number))
        elif first := queue.first(POOL, 1):
            queue.leave(POOL, first[0].place)
            job = Job(first[0].tenant, int(first[0].token))
        else:
            continue
        log.append(Event(step is not None, job, waiting.copy()))
        waiting[job.tenant] += 1 if step is not None else -1
    return log


@given(STEPS)
def test_jobs_of_a_tenant_go_in_the_order_they_came_and_all_go(steps: Steps) -> None:
    """
    First in, first out, each once, whatever others do.
    """
    log = course(steps)

    for tenant in TENANTS:
        came, went = (
            [e.job for e in log if e.job.tenant == tenant and e.came is way] for way in (True, False)
        )
        assert came == went


@given(STEPS)
def test_a_job_waits_for_its_tenants_own_jobs_and_two_turns_and_no_longer(steps: Steps) -> None:
    """
    While it waits, each other tenant starts at most as many as it has own jobs ahead, and two.

    Its tag is at most v + 1 + its own jobs ahead; others go before it with tags from v up to its own.
    """
    log = course(steps)

    for n, event in enumerate(log):
        if event.came:
            end = next(m for m in range(n, len(log)) if log[m][:2] == (False, event.job))
            others = Counter(each.job.tenant for each in log[n:end] if not each.came)
            ahead = others.pop(event.job.tenant, 0)
            assert ahead == event.waiting[event.job.tenant]
            assert all(starts <= ahead + 2 for starts in others.values())


def leads(log: list[Event], one: str, other: str) -> list[list[int]]:
    """Count, for each stretch in which both wait, by how much one is ahead of the other after each start."""
    stretches: list[list[int]] = []
    together = False
    for event in log:
        before, together = together, min(event.waiting[one], event.waiting[other]) > 0
        if together and not before:
            stretches.append([0])
        if together and not event.came:
            step = (event.job.tenant == one) - (event.job.tenant == other)
            stretches[-1].append(stretches[-1][-1] + step)
    return stretches


@given(STEPS)
def test_tenants_that_both_wait_are_never_further_apart_than_one_turn(steps: Steps) -> None:
    """
    In any stretch the starts of two differ by two at most: one's last of a turn and first of the next.
    """
    log = course(steps)

    for pair in combinations(TENANTS, 2):
        assert all(max(lead) - min(lead) <= 2 for lead in leads(log, *pair))


@given(STEPS)
def test_who_comes_back_is_treated_as_one_who_was_never_there(steps: Steps) -> None:
    """
    Having been away is worth nothing, and having been served costs nothing.
    """
    queue = FakeQueue()
    for step in steps:
        if step is not None:
            queue.enter(POOL, step[0], f"{step[1]:02}-{step[0]}", 0, "token")
        elif first := queue.first(POOL, 1):
            queue.leave(POOL, first[0].place)

    for tenant in set(TENANTS) - {each.tenant for each in queue.waiting.get(POOL, [])}:
        back = fair.tag_of(queue.enter(POOL, tenant, "back", 0, "token"))
        assert back == fair.tag_of(queue.enter(POOL, f"not {tenant}", "new", 0, "token"))


@given(STEPS, st.sampled_from(TENANTS), st.integers(0, 99))
def test_a_newcomer_is_never_more_than_one_start_ahead_of_who_waited(
    steps: Steps, waiting: str, age: int
) -> None:
    """
    Its n-th start comes after n - 1 starts of every tenant that waits all along.
    """
    log = course([*[(waiting, 50)] * 9, *steps, *[("new", age)] * 9])

    last = max(n for n, event in enumerate(log) if event.came and event.job == Job("new", 0))
    assert all(max(lead) <= 1 for lead in leads(log[last:], "new", waiting))
