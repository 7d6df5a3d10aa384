"""A protocol is a list of steps: each is asked, and asked again while it says ``running``, then the next.

Submit, poll, fetch the result: the same exchange over different data, so here is no code per provider.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

from gateway.domain import pricing
from gateway.domain.outcome import Done, Failure, Pending, Reading, Source
from gateway.plan import Offer, Parameter, Provider
from gateway.protocols import auth, failure, mapping, payload, transcript
from gateway.protocols.http import HttpRequest, HttpResponse
from gateway.wire import Find, Output, Protocol, Step


@dataclass(frozen=True, slots=True)
class Call:
    """Everything that a step's templates may name.

    Args:
        reference: our own id of this attempt, for providers that keep one.
        arguments: our parameter names with checked values; a file as a URL, or as its target is given it.
        callback, password: where the provider shall call when it is done, and what it shall say then; empty
            where it shall not.
    """

    provider: Provider
    protocol: Protocol
    offer: Offer
    region: str
    reference: str
    parameters: dict[str, Parameter] = field(repr=False)
    arguments: dict[str, Any] = field(repr=False)
    callback: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


def request(call: Call, step: Step, kept: Mapping[str, str], secret: str, now: float) -> HttpRequest:
    """Write the request of one step; the first one asks for a callback, where there shall be one."""
    step = _asking(call, step)
    placed = {name: p for name, p in call.parameters.items() if name in call.arguments}
    in_url = {
        name: quote(mapping.text(call.arguments[name]), safe="")
        for name, parameter in placed.items()
        if parameter.place == "url"
    }
    names = {
        **in_url,
        "base": call.provider.base_urls[call.region],
        "endpoint": call.offer.endpoint,
        "reference": call.reference,
        "callback": call.callback,
        "password": call.password,
        **kept,
    }
    query = {name: mapping.fill(value, names) for name, value in step.query.items()}
    if step.encoding != "none":
        query |= {
            p.to or name: mapping.text(payload.spelled(p, call.arguments[name]))
            for name, p in placed.items()
            if p.place == "query"
        }
    url = mapping.fill(step.url, names)
    content_type, sent = payload.write(step, names, call.parameters, call.arguments)
    return HttpRequest(
        step.method,
        f"{url}{'&' if '?' in url else '?'}{urlencode(query)}" if query else url,
        {
            **auth.headers(call.provider.auth, secret, now),
            **({"content-type": content_type} if content_type else {}),
            **mapping.fill(step.headers, names),
        },
        sent,
    )


def read(call: Call, index: int, kept: Mapping[str, str], answer: HttpResponse) -> Reading:
    """Tell what the answer to step ``index`` means."""
    step = call.protocol.steps[index]
    body = _json(answer)
    word = _word(step, answer, body)
    refused = failure.refusal(call.provider, step, answer, body)
    if word == "failed":
        return refused or failure.ended(call.provider, step, answer, body)
    if refused:
        return refused
    if body is None and step.status != "http" and not _is_file(step, answer):
        return _malformed(call, answer)
    return _go_on(call, index, {**kept, **_kept(step.keep, body, answer)}, word, answer, body)


def found(call: Call, find: Find, answer: HttpResponse) -> dict[str, str] | Failure | None:
    """Look for our reference in a provider's list: what its item lets us keep, or ``None`` if it is absent.

    An answer that cannot be read is a failure: not to know is not to be absent.
    """
    body = _json(answer)
    failed = failure.refusal(call.provider, find.step, answer, body)
    if failed or body is None or not mapping.get(body, find.items.rpartition("[]")[0]):
        return failed or _malformed(call, answer)
    for item in mapping.get(body, find.items):
        if mapping.first(item, find.match) == call.reference:
            return _kept(find.keep, item, answer)
    return None


def _asking(call: Call, step: Step) -> Step:
    asked = call.protocol.callback
    if not asked or not call.callback or step is not call.protocol.steps[0]:
        return step
    body = {**step.body, **asked.body} if asked.body else step.body
    headers = {**step.headers, **asked.headers}
    return replace(step, query={**step.query, **asked.query}, headers=headers, body=body)


def _go_on(
    call: Call, index: int, kept: dict[str, str], word: str, answer: HttpResponse, body: Any
) -> Reading:
    step = call.protocol.steps[index]
    if word in ("queued", "running"):
        return Pending(index, kept, _progress(step, body, answer), queued=word == "queued")
    if index + 1 < len(call.protocol.steps):
        missing = [name for name in step.keep if not kept.get(name)]
        if missing:
            return Failure(
                "transient", "malformed", f"{call.provider.name} answered without {', '.join(missing)}"
            )
        return Pending(index + 1, kept)
    sources = tuple(source for output in step.outputs for source in _sources(call, output, answer, body))
    if not sources and not answer.body:
        return _empty(call)
    if not sources:
        return failure.ended(call.provider, step, answer, body)
    return Done(sources, _usage(step, body, answer))


def _word(step: Step, answer: HttpResponse, body: Any) -> str:
    """Return ``queued``, ``running``, ``done`` or ``failed``; a word that no table knows means running."""
    if not step.status:
        return "done"
    found = answer.status if step.status == "http" else mapping.first(body, step.status, answer.headers)
    said = mapping.text(found)
    if not said and answer.status >= 400:
        return ""
    return step.words.get(said, "running")


def _progress(step: Step, body: Any, answer: HttpResponse) -> float | None:
    value = mapping.first(body, step.progress, answer.headers)
    return min(1.0, value / step.progress_of) if isinstance(value, int | float) else None


def _kept(keep: Mapping[str, str], body: Any, answer: HttpResponse) -> dict[str, str]:
    return {name: mapping.text(mapping.first(body, path, answer.headers)) for name, path in keep.items()}


def _usage(step: Step, body: Any, answer: HttpResponse) -> dict[str, int | float]:
    """Read what is billed by; seconds may have a fraction, to hundredths."""
    found = {meter: mapping.first(body, path, answer.headers) for meter, path in step.usage.items()}
    counts = {meter: mapping.number(value) for meter, value in found.items()}
    return {meter: pricing.whole(round(count, 2)) for meter, count in counts.items() if count is not None}


def _is_file(step: Step, answer: HttpResponse) -> bool:
    return answer.status < 400 and any(output.kind == "bytes" for output in step.outputs)


def _sources(call: Call, output: Output, answer: HttpResponse, body: Any) -> list[Source]:
    if output.kind == "bytes":
        return [Source(data=answer.body)] if answer.body else []
    if output.kind == "transcript":
        data = transcript.written(output, body, answer.headers, call.arguments.get("format", "json"))
        return [Source(data=data)] if data else []
    values = [value for value in mapping.get(body, output.path, answer.headers) if isinstance(value, str)]
    if output.kind == "url":
        return [Source(url=value, keyed=output.keyed) for value in values]
    decode = bytes.fromhex if output.kind == "hex" else base64.b64decode
    try:
        # What stands before a comma is the head of a data URI; neither alphabet has one.
        return [Source(data=decode(value.rpartition(",")[2])) for value in values]
    except (ValueError, binascii.Error):
        return []


def _json(answer: HttpResponse) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _malformed(call: Call, answer: HttpResponse) -> Failure:
    return Failure("transient", "malformed", f"{call.provider.name} answered {answer.status} without JSON")


def _empty(call: Call) -> Failure:
    return Failure("transient", "empty", f"{call.provider.name} answered without a body")
