"""A file comes home whole: streaming, gone on with after a crash, once, and nothing is left lying about."""

import hashlib
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from gateway.domain.download import LARGEST_BYTES, PART_BYTES
from gateway.domain.job import Job
from gateway.flow import attempt, chain, deliver
from gateway.flow.outcome import Outcome
from gateway.flow.ports import Ports
from gateway.protocols.http import HttpRequest, HttpResponse, HttpStream
from tests.builders import a_video, make_job, make_ports
from tests.fakes.files import FakeArtifacts
from tests.flow import steps
from tests.flow.steps import latest

PIECE = 1024 * 1024
LARGE = a_video(2) + bytes(4 * PART_BYTES)
TAG = {"etag": '"v1"'}


class Killed(BaseException):
    """The worker's process is gone, and no handler of errors runs on."""


@dataclass
class Source:
    """A server of one file, that can break off, know no ranges, be slow, change its file, or refuse.

    Args:
        breaks: after how many bytes each answer ends, in order; no more entries is never.
        error: what the break is; a server's is ``ConnectionError``, ours is ``Killed``.
    """

    body: bytes = LARGE
    headers: dict[str, str] = field(default_factory=lambda: dict(TAG))
    breaks: list[int] = field(default_factory=list)
    error: type[BaseException] = ConnectionError
    ranges: bool = True
    refusals: list[int] = field(default_factory=list)
    slow_s: float = 0
    sleep: object = None
    asked: list[str | None] = field(default_factory=list)
    sent: int = 0

    def send(self, request: HttpRequest, deadline_s: float) -> HttpResponse:
        """Tell where the file is."""
        return steps.FAL_DONE if "status" in request.url else steps.FAL_RESULT

    @contextmanager
    def stream(self, request: HttpRequest, deadline_s: float) -> Iterator[HttpStream]:
        """Open the file, or the rest of it."""
        wanted = request.headers.get("range")
        self.asked.append(wanted)
        unchanged = request.headers.get("if-range") in (None, self.headers.get("etag"))
        first = int(wanted[6:-1]) if wanted and self.ranges and unchanged else 0
        total = len(self.body)
        headers = {**self.headers, "content-length": str(total - first)}
        if self.refusals:
            yield HttpStream(self.refusals.pop(0), {}, iter(()))
        elif first >= total:
            yield HttpStream(416, {"content-range": f"bytes */{total}"}, iter(()))
        elif first:
            headers["content-range"] = f"bytes {first}-{total - 1}/{total}"
            yield HttpStream(206, headers, self._pieces(first))
        else:
            yield HttpStream(200, headers, self._pieces(0))

    def _pieces(self, first: int) -> Iterator[bytes]:
        left = self.breaks.pop(0) if self.breaks else math.inf
        for at in range(first, len(self.body), PIECE):
            if left <= 0:
                raise self.error("broken off")
            left -= PIECE
            self.sent += PIECE
            if self.slow_s:
                self.sleep(self.slow_s)  # type: ignore[operator]
            yield self.body[at : at + PIECE]


def begun(source: Source, count: int = 1) -> tuple[Ports, Job]:
    """Bring a job to where its result waits at a link, or at several."""
    ports = make_ports({**steps.fal_works(), **steps.veo_works()})
    job = chain.advance(ports, make_job(ports, "fal/fal-ai/veo3.1")).job
    job = attempt.check(ports, attempt.start(ports, job, 1).job, 1).job
    source.sleep = ports.sleep
    sources = tuple(job.attempt.sources) * count
    job = ports.jobs.save(replace(job, attempts=(replace(job.attempt, sources=sources),)))
    return replace(ports, wire=source), job


def delivered(ports: Ports, job: Job, stop_in_s: float = math.inf) -> Outcome:
    """Deliver as a fresh worker does."""
    now = latest(ports, job)
    return deliver.from_links(ports, now, now.attempt, ports.now() + stop_in_s)


def lies_about(ports: Ports) -> dict[str, dict[int, bytes]]:
    """Return the uploads that nobody has finished or dropped."""
    assert isinstance(ports.artifacts, FakeArtifacts)
    return ports.artifacts.open


def whole(outcome: Outcome, body: bytes = LARGE) -> bool:
    """Tell whether the only output is this file, with what its bytes say."""
    (output,) = outcome.job.outputs
    return (output.bytes, output.sha256) == (len(body), hashlib.sha256(body).hexdigest())


def test_a_file_that_breaks_off_is_gone_on_with_at_the_next_part() -> None:
    """The source is asked for the rest only, and the hash is of the whole."""
    source = Source(breaks=[2 * PART_BYTES + PIECE])
    ports, job = begun(source)

    outcome = delivered(ports, job)

    assert source.asked == [None, f"bytes={2 * PART_BYTES}-"]
    assert (outcome.word, whole(outcome), lies_about(ports)) == ("delivered", True, {})
    assert outcome.job.outputs[0].duration_s == 2.0


def test_a_worker_that_is_killed_is_followed_by_one_that_goes_on() -> None:
    """The parts are in the bucket, and the job names the upload: nothing finished comes twice."""
    source = Source(breaks=[3 * PART_BYTES], error=Killed)
    ports, job = begun(source)
    with pytest.raises(Killed):
        delivered(ports, job)

    outcome = delivered(ports, job)

    assert source.asked[1] == f"bytes={3 * PART_BYTES}-"
    assert (whole(outcome), lies_about(ports)) == (True, {})
    assert source.sent < len(LARGE) + PART_BYTES


def test_a_source_without_ranges_is_begun_anew() -> None:
    """It answers with the whole file, and that is taken."""
    source = Source(breaks=[2 * PART_BYTES], ranges=False)
    ports, job = begun(source)

    assert whole(delivered(ports, job))
    assert lies_about(ports) == {}


def test_a_file_that_changed_meanwhile_is_begun_anew() -> None:
    """If-Range names the version that the parts are of."""
    source = Source(breaks=[2 * PART_BYTES], error=Killed)
    ports, job = begun(source)
    with pytest.raises(Killed):
        delivered(ports, job)
    source.body, source.headers = LARGE[::-1][: 3 * PART_BYTES], {"etag": '"v2"'}
    source.body = a_video(2) + source.body

    assert whole(delivered(ports, job), source.body)
    assert lies_about(ports) == {}


def test_a_file_whose_parts_are_all_there_is_not_asked_for_again() -> None:
    """The worker died between the last part and the end."""
    body = LARGE[: 2 * PART_BYTES]
    source = Source(body=body, breaks=[2 * PART_BYTES], error=Killed)
    ports, job = begun(source)
    ports.artifacts.complete = _die  # type: ignore[method-assign]
    with pytest.raises(Killed):
        delivered(ports, job)
    del ports.artifacts.complete
    source.refusals = [403]

    assert whole(delivered(ports, job), body)


@pytest.mark.parametrize("body", [LARGE, a_video(2)], ids=["large", "small"])
def test_a_file_that_is_whole_is_read_back_and_not_brought_again(body: bytes) -> None:
    """The worker died before it could say so, and the link has expired since."""
    source = Source(body=body)
    ports, job = begun(source)
    delivered(ports, job)
    ports.jobs.items[job.tenant, job.id] = job  # type: ignore[attr-defined]
    source.refusals = [403]

    assert whole(delivered(ports, job), body)


def test_time_that_is_over_leaves_the_rest_to_the_next_call() -> None:
    """A function lives a quarter of an hour: it stops in time, and the workflow calls it again."""
    source = Source(slow_s=10)
    ports, job = begun(source)

    words = [delivered(ports, job, 120).word for _ in range(4)]

    assert words == ["done", "done", "done", "delivered"]
    assert len(set(source.asked)) == 4
    assert whole(Outcome("", latest(ports, job)))


def test_a_source_that_is_too_slow_to_come_in_one_go_is_given_up() -> None:
    """Without ranges each call begins with the first byte, and three are enough."""
    ports, job = begun(Source(slow_s=10, ranges=False))

    words = [delivered(ports, job, 120).word for _ in range(4)]

    assert words == ["done", "done", "done", "next"]
    assert latest(ports, job).attempt.code == "file_slow"
    assert lies_about(ports) == {}


def test_a_source_that_always_breaks_is_given_up_and_leaves_nothing() -> None:
    """Three tries in a row that bring no part."""
    ports, job = begun(Source(breaks=[2 * PART_BYTES, 0, 0, 0, 0]))

    outcome = delivered(ports, job)

    assert (outcome.word, outcome.job.attempt.code) == ("next", "file_broken")
    assert (lies_about(ports), ports.artifacts.files) == ({}, {})  # type: ignore[attr-defined]


def test_a_server_that_is_busy_for_a_moment_is_asked_again() -> None:
    """A 503 for a file that is paid for is no reason to pay another provider."""
    ports, job = begun(Source(refusals=[503, 503]))

    assert whole(delivered(ports, job))


@pytest.mark.parametrize(("status", "times"), [(404, 1), (503, 3)])
def test_a_link_that_stays_refused_moves_on(status: int, times: int) -> None:
    """An expired link is not asked twice."""
    source = Source(refusals=[status] * 5)
    ports, job = begun(source)

    outcome = delivered(ports, job)

    assert (outcome.word, outcome.job.attempt.code) == ("next", f"file_{status}")
    assert len(source.asked) == times


def test_what_is_no_video_is_refused_at_its_head() -> None:
    """An error page under a video's name is not read to its end."""
    source = Source(body=b"<html>sorry</html>" * PART_BYTES)
    ports, job = begun(source)

    outcome = delivered(ports, job)

    assert (outcome.word, outcome.job.attempt.code) == ("next", "wrong_media")
    assert (source.sent, lies_about(ports)) == (PIECE, {})


def test_a_file_that_is_too_large_is_not_fetched_anywhere() -> None:
    """The source says how long it is; the next target's would be no shorter."""
    source = Source()
    ports, job = begun(source)
    source.headers["content-length"] = str(LARGEST_BYTES + 1)
    ports = replace(ports, wire=_Honest(source))

    outcome = delivered(ports, job)

    assert (outcome.word, outcome.job.attempt.code) == ("fail", "file_too_large")
    assert "5368709121 bytes or more, 5368709120 bytes are the most" in outcome.job.attempt.message


def test_several_outputs_are_each_brought_once() -> None:
    """The worker dies in the second of three: the first is noted, and not brought again."""
    source = Source(body=a_video(2), breaks=[PIECE, 0], error=Killed)
    ports, job = begun(source, 3)
    with pytest.raises(Killed):
        delivered(ports, job)

    outcome = delivered(ports, job)

    assert [output.key[-5:] for output in outcome.job.outputs] == ["0.mp4", "1.mp4", "2.mp4"]
    assert len(source.asked) == 4


def test_too_many_outputs_are_a_clear_failure() -> None:
    """None of them is brought."""
    source = Source()
    ports, job = begun(source, 33)

    outcome = delivered(ports, job)

    assert (outcome.word, outcome.job.attempt.code) == ("fail", "too_many_outputs")
    assert outcome.job.attempt.message == "the result has 33 files, 32 are the most of one job"
    assert source.asked == []


def test_a_job_that_was_ended_in_the_middle_leaves_no_upload() -> None:
    """The sweeper closed it; whoever delivered tidies up."""
    source = Source(breaks=[2 * PART_BYTES], error=Killed)
    ports, job = begun(source)
    with pytest.raises(Killed):
        delivered(ports, job)

    deliver.clear(ports, latest(ports, job))

    assert lies_about(ports) == {}


@dataclass
class _Honest:
    """A source whose Content-Length is what its headers say."""

    source: Source

    @contextmanager
    def stream(self, request: HttpRequest, deadline_s: float) -> Iterator[HttpStream]:
        """Open the file."""
        yield HttpStream(200, self.source.headers, iter((LARGE[:PIECE],)))


def _die(key: str, upload: str, parts: object) -> None:
    raise Killed
