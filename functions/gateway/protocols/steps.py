"""A protocol is a list of steps: each is asked, and asked again while it says ``running``, then the next.

Submit, poll, fetch the result: the same exchange over different data, so here is no code per provider.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from gateway.domain.outcome import Done, Failure, Pending, Reading
from gateway.protocols import auth, content, failure, mapping, payload
from gateway.protocols.call import Call
from gateway.protocols.http import HttpRequest, HttpResponse
from gateway.wire import Find, Step


def request(call: Call, step: Step, kept: Mapping[str, str], secret: str, now: float) -> HttpRequest:
    """Write the request of one step; the first one asks for a callback, where there shall be one.

    Parameters go into what begins a job. What asks for it again and again, or stops it, is sent as written.
    """
    given = call.arguments if _begins(call, step) else {}
    step = _asking(call, step)
    placed = {name: p for name, p in call.parameters.items() if name in call.arguments}
    in_url = {
        name: quote(mapping.text(call.arguments[name]), safe="")
        for name, parameter in placed.items()
        if parameter.place == "url"
    }
    names = {
        **in_url,
        "base": mapping.fill(call.provider.base_urls[call.region], call.account),
        "endpoint": call.offer.endpoint,
        "reference": call.reference,
        "callback": call.callback,
        "password": call.password,
        **kept,
    }
    query = {name: mapping.fill(value, names) for name, value in step.query.items()}
    if step.encoding != "none":
        query |= {
            p.to or name: mapping.text(payload.spelled(p, given[name]))
            for name, p in placed.items()
            if p.place == "query" and name in given
        }
    url = mapping.fill(step.url, names)
    content_type, sent = payload.write(step, names, call.parameters, given)
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
    body = content.json(answer)
    word = content.word(step, answer, body)
    refused = failure.refusal(call.provider, step, answer, body)
    if word == "failed":
        return refused or failure.ended(call.provider, step, answer, body)
    if refused:
        return refused
    if body is None and step.status != "http" and not content.is_file(step, answer):
        return _malformed(call, answer)
    return _go_on(call, index, {**kept, **content.kept(step.keep, body, answer)}, word, answer, body)


def found(call: Call, find: Find, answer: HttpResponse) -> dict[str, str] | Failure | None:
    """Look for our reference in a provider's list: what its item lets us keep, or ``None`` if it is absent.

    An answer that cannot be read is a failure: not to know is not to be absent.
    """
    body = content.json(answer)
    failed = failure.refusal(call.provider, find.step, answer, body)
    if failed or body is None or not mapping.get(body, find.items.rpartition("[]")[0]):
        return failed or _malformed(call, answer)
    for item in mapping.get(body, find.items):
        if mapping.first(item, find.match) == call.reference:
            return content.kept(find.keep, item, answer)
    return None


def _begins(call: Call, step: Step) -> bool:
    first, *others = call.protocol.steps
    return step is first or (step in others and not step.status)


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
        return Pending(index, kept, content.progress(step, body, answer), queued=word == "queued")
    if index + 1 < len(call.protocol.steps):
        missing = [name for name in step.keep if not kept.get(name)]
        if missing:
            return Failure(
                "transient", "malformed", f"{call.provider.name} answered without {', '.join(missing)}"
            )
        return Pending(index + 1, kept)
    form = call.arguments.get("format", "json")
    sources = tuple(
        source for output in step.outputs for source in content.sources(output, answer, body, form)
    )
    if not sources and not answer.body:
        return _empty(call)
    if not sources:
        return failure.ended(call.provider, step, answer, body)
    return Done(sources, content.usage(step, body, answer))


def _malformed(call: Call, answer: HttpResponse) -> Failure:
    return Failure("transient", "malformed", f"{call.provider.name} answered {answer.status} without JSON")


def _empty(call: Call) -> Failure:
    return Failure("transient", "empty", f"{call.provider.name} answered without a body")
