"""Pages of jobs of one kind, among all others."""

from dataclasses import replace

from gateway.domain.job import Job
from gateway.flow.listing import READ, READS, Listed, listed
from gateway.flow.ports import Ports
from tests.builders import CALLER, make_job, make_ports


def with_jobs(kinds: str) -> Ports:
    """Jobs by one letter each: f is a film, everything else is not."""
    ports = make_ports({})
    job = make_job(ports)
    ports.jobs.items.clear()  # type: ignore[attr-defined]
    for number, kind in enumerate(kinds):
        operation = "text_to_video" if kind == "f" else "speech"
        ports.jobs.create(replace(job, id=f"gw_{number:05}", operation=operation))
    return ports


def films(ports: Ports, count: int, after: str = "", *, newest_first: bool = True) -> Listed:
    """List films."""

    def wanted(job: Job) -> bool:
        return job.operation == "text_to_video"

    return listed(ports, CALLER.tenant, wanted, count, after, newest_first=newest_first)


def names(page: Listed) -> list[str]:
    """Name what is on a page."""
    return [job.id[-1] for job in page.jobs]


def test_pages_follow_each_other_without_gaps() -> None:
    """The newest first, or the oldest."""
    ports = with_jobs("fxfxxff")

    first = films(ports, 2)
    second = films(ports, 2, first.last)

    assert (names(first), first.more) == (["6", "5"], True)
    assert (names(second), second.more) == (["2", "0"], False)
    assert names(films(ports, 3, newest_first=False)) == ["0", "2", "5"]


def test_a_long_way_to_the_next_film_is_gone_in_steps() -> None:
    """A page may be empty, and says where the next one begins."""
    ports = with_jobs("f" + "x" * READ * READS)

    first = films(ports, 1)
    second = films(ports, 1, first.last)

    assert (names(first), first.more) == ([], True)
    assert (names(second), second.more) == (["0"], False)


def test_nobody_has_films_without_jobs() -> None:
    """An empty page is the last one."""
    assert films(with_jobs(""), 5) == Listed((), "", False)
