"""OpenAI's Responses: chats in another form, and none is kept."""

from collections.abc import Iterator
from typing import Any

from gateway.domain import chat, response, retelling
from gateway.domain.chat import Asked
from gateway.domain.job import Job
from gateway.errors import InvalidRequest
from gateway.handlers import _sse
from gateway.handlers._call import Event, Live, Reply
from gateway.handlers._reply import Streamed
from gateway.handlers.paths.chat import Body, Form, serve


def _responses(event: Event, *, left_s: float, streams: bool) -> Reply | Streamed:
    try:
        return serve(event, FORM, left_s)
    except InvalidRequest as error:
        raise response.in_its_words(error) from error


def _read(given: Body) -> Asked:
    return chat.read_chat(response.chat_of(given))


def _whole(given: Body, job: Job, document: Body) -> Body:
    return retelling.whole(_started(given, job), document)


def _lines(given: Body, job: Job, told: Iterator[Body | None]) -> Iterator[bytes]:
    try:
        for event in retelling.events(_started(given, job), (each for each in told if each is not None)):
            yield _sse.named(event["type"], event)
    finally:
        getattr(told, "close", lambda: None)()


def _started(given: Body, job: Job) -> dict[str, Any]:
    return retelling.started(given, job.id, job.chain[job.attempt.hop].route, job.created_at)


FORM = Form(_read, _whole, _lines)
ROUTES: dict[tuple[str, str], Live] = {("POST", "responses"): _responses}
