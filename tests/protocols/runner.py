"""Plays a case: asks what the protocol would ask, hands it the provider's answer, tells what was understood.

A case is data: the request that each step must write, the answer, and its meaning in one of three forms:
``{step, kept, progress?}``, ``{done, usage?}`` or ``{failed, code?, message?, retry_after_s?}``. What is done
are files; of a chat the texts, or the calls of tools; of an embedding the vectors. With ``callback: true``
the start asks for a call.
"""

import base64
import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from gateway.domain import medium, request, token
from gateway.domain.outcome import Done, Failure, Pending, Reading, Source
from gateway.plan import Plan
from gateway.protocols import spoken, steps
from gateway.protocols.call import Call
from gateway.protocols.http import HttpRequest, HttpResponse
from tests import builders
from tests.fakes.clock import START

HERE = Path(__file__).parent
REFERENCE = "gw_1-1"
CALLBACK = "https://gw.example.com/v1/callbacks/t.s"
Case = dict[str, Any]


@cache
def shipped_cases() -> dict[str, list[Case]]:
    """Read provider -> its cases."""
    return {
        path.stem: yaml.load(path.read_text(), yaml.CSafeLoader) for path in sorted(HERE.glob("cases/*.yaml"))
    }


@cache
def house_cases() -> dict[str, tuple[Plan, list[Case]]]:
    """Read the providers that nobody ships: name -> the plan that they compile to, and their cases."""
    found = {}
    for path in sorted(HERE.glob("house/*.yaml")):
        document = yaml.load(path.read_text(), yaml.CSafeLoader)
        providers = {"version": 1, "providers": document["providers"]}
        plan = builders.plan_of("version: 1\nmodels: {}\n", yaml.safe_dump(providers, sort_keys=False))
        found[path.stem] = (plan, document["cases"])
    return found


def call_of(plan: Plan, case: Case) -> Call:
    """Gather what the flow gathers for an attempt."""
    model = plan.models[case["model"]]
    provider, offer = plan.providers[model.provider], model.offers[case["operation"]]
    fit = request.fit(model, case["operation"], case["given"], {})
    assert not fit.problems
    region = case.get("region") or next(iter(provider.base_urls))
    protocol = provider.protocols[offer.protocol]
    arguments = medium.filled(model.parameters, fit.arguments, file_of)
    asked = {"callback": CALLBACK, "password": "w-1"} if case.get("callback") else {}
    told = {"project": "p-1"}
    return Call(
        provider, protocol, offer, region, REFERENCE, model.parameters, arguments, account=told, **asked
    )


def file_of(place: medium.Place) -> medium.Medium:
    """Give a target a file: at its URL, or as a PNG or an MP3 whose bytes are the URL."""
    data = place.given.encode()
    media_type = "audio/mpeg" if place.parameter.medium == "audio" else "image/png"
    return medium.Medium(place.given, media_type, base64.b64encode(data).decode(), data)


def play(plan: Plan, case: Case) -> list[tuple[Any, Any]]:
    """Return, for every exchange in order, what was expected and what came."""
    call, step, kept = call_of(plan, case), 0, {}
    pairs: list[tuple[Any, Any]] = []
    for exchange in case["exchanges"]:
        secret, answer = case.get("secret", "k-1"), answer_of(exchange["answer"])
        reading: Reading | dict[str, Any]
        if call.protocol.family:
            asked = spoken.request(call, secret, START, streamed=case.get("streamed", False))
            reading = spoken.read(call, answer)
        else:
            asked = steps.request(call, call.protocol.steps[step], kept, secret, START)
            reading = steps.read(call, step, kept, answer)
        wanted, means = exchange["request"], exchange["means"]
        pairs += [
            (wanted, written(asked, wanted)),
            (means, said(plan, case, reading) if isinstance(reading, dict) else meant(reading, means)),
        ]
        if isinstance(reading, Pending):
            step, kept = reading.step, reading.kept
    return pairs


def said(plan: Plan, case: Case, answer: dict[str, Any]) -> Case:
    """Show what was answered in words or numbers, and what of it is billed."""
    messages = [choice["message"] for choice in answer.get("choices", ())]
    done = [message.get("content") or message["tool_calls"] for message in messages]
    done += [each["embedding"] for each in answer.get("data", ())]
    counts = token.counted(answer["usage"])
    return {"done": done, **({"usage": token.units_of(plan.models[case["model"]], counts)} if counts else {})}


def answer_of(answer: Case) -> HttpResponse:
    """Make the provider's answer: ``json``, or ``raw`` text, or nothing."""
    body = json.dumps(answer["json"]) if "json" in answer else answer.get("raw", "")
    return HttpResponse(answer.get("status", 200), answer.get("headers", {}), body.encode())


def written(asked: HttpRequest, wanted: Case) -> Case:
    """Show a request as cases write it: of its headers those that the case names, and the whole body."""
    shown: Case = {"method": asked.method, "url": asked.url}
    if "headers" in wanted:
        shown["headers"] = {name: asked.headers.get(name) for name in wanted["headers"]}
    if asked.body is None:
        return shown
    kind = asked.headers["content-type"].partition(";")[0]
    return shown | (
        {"json": json.loads(asked.body)} if kind == "application/json" else {"form": fields(asked)}
    )


def fields(asked: HttpRequest) -> dict[str, Any]:
    """Read a form as a receiver does (RFC 7578), by the standard library's own parser.

    A text is itself, a file has its name and type, and under a name with ``[]`` there is a list.
    """
    from email import message_from_bytes

    head = f"content-type: {asked.headers['content-type']}\r\n\r\n".encode()
    parts = message_from_bytes(head + (asked.body or b"")).get_payload()
    assert isinstance(parts, list)
    found: dict[str, Any] = {}
    for part in parts:
        name = str(part.get_param("name", header="content-disposition"))
        value: Any = part.get_payload(decode=True).decode()
        if file := part.get_filename():
            value = {"file": file, "type": part.get_content_type(), "data": value}
        if name.endswith("[]"):
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return found


def meant(reading: Reading, means: Case) -> Case:
    """Show what an answer was taken for as cases write it; code and message where the case tells them."""
    if isinstance(reading, Pending):
        progress = {} if reading.progress is None else {"progress": reading.progress}
        return {"step": reading.step, "kept": reading.kept, **progress}
    if isinstance(reading, Done):
        usage = {"usage": reading.usage} if reading.usage else {}
        return {"done": [_source(source) for source in reading.sources], **usage}
    return _failure(reading, means)


def _failure(failure: Failure, means: Case) -> Case:
    after = {} if failure.retry_after_s is None else {"retry_after_s": failure.retry_after_s}
    said = {"code": failure.code, "message": failure.message}
    return {"failed": failure.error, **{name: said[name] for name in said if name in means}, **after}


def _source(source: Source) -> Case:
    if source.url:
        return {"url": source.url, **({"keyed": True} if source.keyed else {})}
    if source.data.startswith(b"{"):
        return {"json": json.loads(source.data)}
    return {"base64": base64.b64encode(source.data).decode()}
