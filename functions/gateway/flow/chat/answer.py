"""Give a target's answer: in one piece, or word by word. Its job is settled before its end is told."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gateway.domain import answer
from gateway.domain.chat import Asked
from gateway.domain.job import Job
from gateway.domain.openai import failure
from gateway.domain.repeat import Repeat
from gateway.flow.chat import account, course
from gateway.flow.chat.listen import Fields, Talk, failure_of
from gateway.flow.ports import Ports
from gateway.protocols.chat.broken import Broken
from gateway.protocols.chat.embedding import formed

# The end mark of a stream.
END = None


@dataclass(frozen=True, slots=True)
class Whole:
    """An answer in one piece, and its job, which has ended."""

    job: Job
    document: dict[str, Any]


def whole(ports: Ports, job: Job, asked: Asked, until: float, repeat: Repeat | None = None) -> Whole:
    """Answer in one piece.

    Raises:
        GatewayError: no target answered.
        Conflict: the same call came twice, and the other one was quicker.
    """
    reached = course.go(ports, job, until, streamed=False, repeat=repeat)
    if reached.answer is None:
        raise failure.of(reached.job)
    count = account.Count()
    count.add(
        {"choices": [_as_delta(each) for each in reached.answer.get("choices", ())], **_usage(reached.answer)}
    )
    usage = account.usage_of(reached.job, count)
    ended = account.succeed(ports, reached.job, usage)
    usage = answer.priced(usage, ended)
    if "data" in reached.answer:
        return Whole(ended, answer.embeddings(ended, formed(reached.answer["data"], asked.form), usage))
    return Whole(ended, answer.completion(ended, reached.answer["choices"], usage))


def begin(ports: Ports, job: Job, until: float) -> tuple[Job, Talk]:
    """Go as far as the first words of a stream.

    Raises:
        GatewayError: no target began to answer.
    """
    reached = course.go(ports, job, until, streamed=True)
    if reached.talk is None:
        raise failure.of(reached.job)
    return reached.job, reached.talk


def stream(ports: Ports, job: Job, talk: Talk, asked: Asked) -> Iterator[Fields | None]:
    """Tell a stream that has begun.

    Whoever stops reading closes this, and with it the provider's connection; also before it read anything.

    Returns:
        Chunks; at the end the usage and ``END``, or an error, after which nothing comes.
    """
    told = _told(ports, job, talk, asked)
    next(told)  # closing a generator that has not begun would do nothing
    return told


def _told(ports: Ports, job: Job, talk: Talk, asked: Asked) -> Iterator[Fields | None]:
    count = account.Count()
    held: Fields | None = None
    try:
        yield None
        for each in talk.chunks:
            count.add(each)
            if not each["choices"]:
                continue
            if held:
                yield answer.chunk(job, held["choices"], None)
            held = each if _ends(each) else None
            if held is None:
                yield answer.chunk(job, each["choices"], None)
    except GeneratorExit:
        talk.close()
        account.leave(ports, job, account.usage_of(job, count))
        raise
    except (Broken, ConnectionError) as error:
        talk.close()
        broken = account.break_off(ports, job, account.usage_of(job, count), failure_of(error))
        yield failure.of(broken).body()
        return
    yield from _ending(ports, job, asked, held, account.usage_of(job, count))


def _ending(
    ports: Ports, job: Job, asked: Asked, held: Fields | None, usage: dict[str, Any]
) -> Iterator[Fields | None]:
    """Book it, then tell the usage: in a chunk of its own where that is wanted, else in the last one."""
    ended = account.succeed(ports, job, usage)
    last = [answer.chunk(ended, held["choices"], None)] if held else []
    if asked.counted or not last:
        last.append(answer.chunk(ended, [], None))
    last[-1]["usage"] = answer.priced(usage, ended)
    yield from last
    yield END


def _ends(chunk: Fields) -> bool:
    """Tell whether a chunk may be the last, which the usage comes with."""
    return any(choice.get("finish_reason") for choice in chunk["choices"])


def _as_delta(choice: dict[str, Any]) -> dict[str, Any]:
    return {"delta": choice["message"]}


def _usage(found: dict[str, Any]) -> dict[str, Any]:
    return {"usage": found.get("usage")}
