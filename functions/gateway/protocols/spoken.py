"""One exchange with a provider whose protocol is of a family: what to send, and what the answer means.

The step says where to, and how errors are told; the family writes the body and reads the answer.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import msgspec

from gateway.domain.outcome import Failure
from gateway.protocols import failure, mapping, payload, steps
from gateway.protocols.call import Call
from gateway.protocols.chat import form
from gateway.protocols.chat.broken import Broken
from gateway.protocols.chat.family import FAMILIES
from gateway.protocols.http import HttpRequest, HttpResponse
from gateway.wire import Step


def request(call: Call, secret: str, now: float, *, streamed: bool) -> HttpRequest:
    """Write a request; the step's own body is laid over the family's, and null takes a field out."""
    step = _step(call, streamed)
    asked: dict[str, Any] = {}
    for name, parameter in call.parameters.items():
        if name in call.arguments and parameter.place == "body":
            mapping.put(asked, parameter.to or name, payload.spelled(parameter, call.arguments[name]))
    body = FAMILIES[call.protocol.family].body(asked, call.offer.endpoint, streamed=streamed)
    body = {name: value for name, value in (body | (step.body or {})).items() if value is not None}
    bare = steps.request(replace(call, arguments={}), replace(step, encoding="none"), {}, secret, now)
    headers = {**bare.headers, "content-type": "application/json"}
    return replace(bare, headers=headers, body=msgspec.json.encode(body))


def read(call: Call, answer: HttpResponse) -> dict[str, Any] | Failure:
    """Read a whole answer."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    if refused := failure.refusal(call.provider, _step(call, False), answer, body):
        return refused
    try:
        return form.checked(FAMILIES[call.protocol.family].completion(body), "message")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return _malformed(call, error if isinstance(error, ValueError) else None)


def refusal(call: Call, answer: HttpResponse) -> Failure:
    """Read an answer that came where a stream was wanted."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    return failure.refusal(call.provider, _step(call, True), answer, body) or _malformed(call, None)


def chunks(call: Call, received: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Read a stream.

    Raises:
        Broken: the provider tells of an error, or its stream is none.
    """
    family = FAMILIES[call.protocol.family]
    try:
        for chunk in family.chunks(family.events(received)):
            yield form.checked(chunk, "delta")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Broken("malformed", f"{call.provider.name} wrote a stream that cannot be read") from error


def _step(call: Call, streamed: bool) -> Step:
    return call.protocol.stream if streamed and call.protocol.stream else call.protocol.steps[0]


def _malformed(call: Call, error: ValueError | None) -> Failure:
    what = str(error) if error else "it is no answer of this protocol"
    return Failure("transient", "malformed", f"{call.provider.name}: {what}")
