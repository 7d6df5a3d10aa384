"""Answers that an entry reads: states in its words, results and errors at its paths."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from gateway.plan import Provider
from gateway.protocols import mapping
from gateway.wire import ErrorRule, Output, Protocol, Step, Transcript
from sluice.sandbox.job import Job
from sluice.sandbox.media.spec import Spec
from sluice.sandbox.media.speech import sentences, timed
from sluice.sandbox.wire import Call, Refused, Reply, Trouble, TroubleKind, json_reply, media_url

STATUSES: dict[TroubleKind, int] = {
    "credential": 401, "bad_key": 401, "credit": 402, "forbidden": 403, "invalid": 400, "not_found": 404,
    "rate": 429, "concurrency": 429, "moderation": 400, "expired": 404, "internal": 500, "unavailable": 503,
    "timeout": 504,
}  # fmt: skip
WORDS = {"throttled": "queued", "queued": "queued", "running": "running", "done": "done"}
"""State of a job to the state that an entry knows; every other is failed."""

TOKENS = 100
# Four cents where a dollar has 10^10 parts.
BILLED = 400_000_000


def trouble(provider: Provider, step: Step, refused: Trouble) -> Reply:
    """Put a refusal where the entry looks for it."""
    tree: dict[str, Any] = {}
    headers: dict[str, str] = {}
    status = refused.status or STATUSES[refused.kind]
    _set(tree, headers, step.code, refused.kind)
    _set(tree, headers, step.message, refused.message)
    if refused.kind == "moderation" and (rule := _rule(provider, STATUSES["moderation"])):
        status = next(iter(rule.status), status)
        _set(tree, headers, rule.path, _matching(rule))
    return json_reply(status, tree, headers)


def started(call: Call, job: Job, protocol: Protocol) -> Reply:
    """Answer a start that is waited for."""
    tree: dict[str, Any] = {}
    headers: dict[str, str] = {}
    _keep(call, job, protocol, 0, tree, headers)
    return json_reply(200, tree, headers)


def looked(
    call: Call, job: Job, provider: Provider, protocol: Protocol, index: int, bodies: Sequence[bytes]
) -> Reply:
    """Answer a look at a job: how it stands, and what it made where this step has that."""
    step, state = protocol.steps[index], job.state(call.now)
    word = WORDS.get(state, "failed")
    if not step.status and word != "done":
        raise Refused(_why(job) if word == "failed" else Trouble("invalid", "The job has not ended."))
    tree: dict[str, Any] = {}
    headers: dict[str, str] = {}
    status = _say(tree, step, word, job)
    if word == "failed":
        _explain(tree, headers, provider, step, job)
    elif word == "done":
        _keep(call, job, protocol, index, tree, headers)
        return result(call, job, step, bodies, tree, headers)
    elif step.progress:
        _set(tree, headers, step.progress, job.progress(call.now) * step.progress_of)
    return json_reply(status, tree, headers)


def result(
    call: Call, job: Job, step: Step, bodies: Sequence[bytes], tree: dict[str, Any], headers: dict[str, str]
) -> Reply:
    """Answer with what was made."""
    specs = job.order.outputs
    counts = {"input_character": len(specs[0].text), "billed": BILLED}
    for meter, path in step.usage.items():
        _set(tree, headers, path, counts.get(meter, TOKENS))
    for output in step.outputs:
        if output.kind == "bytes":
            return Reply(200, bodies[0], specs[0].content_type, headers, has_media=True)
        if output.transcript:
            _transcribe(tree, output, specs[0])
            continue
        for index in range(len(specs)):
            made = {
                "url": lambda i: media_url(call, job, i),
                "base64": lambda i: b64encode(bodies[i]).decode(),
                "hex": lambda i: bodies[i].hex(),
            }[output.kind](index)
            _set(tree, headers, output.path.partition("|")[0].replace("[]", f"[{index}]", 1), made)
    inline = any(output.kind in ("base64", "hex") for output in step.outputs)
    return json_reply(200, tree, headers, has_media=inline)


def _transcribe(tree: dict[str, Any], output: Output, spec: Spec) -> None:
    """Write what was heard, with its sentences; the words of each are left out."""
    told = output.transcript or Transcript()
    _set(tree, {}, output.path, spec.text)
    _set(tree, {}, told.language, "en")
    _set(tree, {}, told.duration, spec.duration_s)
    if told.segments is None:
        return
    for index, (text, own) in enumerate(sentences(timed(spec))):
        at, passage = told.segments.items.replace("[]", f"[{index}]", 1), told.segments
        mapping.put(tree, f"{at}.{passage.text}", text)
        mapping.put(tree, f"{at}.{passage.start}", own[0].start * told.per_second)
        mapping.put(tree, f"{at}.{passage.end}", own[-1].end * told.per_second)


def _keep(
    call: Call, job: Job, protocol: Protocol, index: int, tree: dict[str, Any], headers: dict[str, str]
) -> None:
    """Give what later steps name: an address on this server where it is called as it is, or the job's id."""
    urls = [step.url for step in (*protocol.steps[index:], *([protocol.cancel] if protocol.cancel else []))]
    for name, path in protocol.steps[index].keep.items():
        link = any(url.startswith(f"{{{name}}}") for url in urls)
        _set(tree, headers, path, f"{call.base}/_steps/{job.id}/{name}" if link else job.id)


def _say(tree: dict[str, Any], step: Step, state: str, job: Job) -> int:
    """Write the provider's word for a state; return the HTTP code."""
    states = (state, "running") if state == "queued" else (state,)
    found = [word for each in states for word, means in step.words.items() if means == each]
    if not step.status or (not found and state == "running"):
        return 200
    if not found:
        raise Refused(_why(job))
    word: Any = {"true": True, "false": False}.get(
        found[0], int(found[0]) if found[0].isdigit() else found[0]
    )
    if step.status == "http":
        return int(word)
    if word != "":
        _set(tree, {}, step.status, word)
    return 200


def _explain(tree: dict[str, Any], headers: dict[str, str], provider: Provider, step: Step, job: Job) -> None:
    """Say why a job failed, without overwriting the word that says so."""
    for path, said in ((step.code, "failed"), (step.message, "The generation failed.")):
        if path and mapping.first(tree, path) is None:
            _set(tree, headers, path, said)
    rule = _rule(provider, 200) if job.ending == "moderated" else None
    if rule:
        _set(tree, headers, rule.path, _matching(rule))


def _why(job: Job) -> Trouble:
    if job.ending == "moderated":
        return Trouble("moderation", "The request was refused.")
    return Trouble("internal", "The generation failed.")


def _rule(provider: Provider, status: int) -> ErrorRule | None:
    """Find how an entry tells a refusal, best by that code."""
    rules = [rule for rule in provider.errors if rule.error == "moderation"]
    return next((rule for rule in rules if not rule.status or status in rule.status), next(iter(rules), None))


def _matching(rule: ErrorRule) -> Any:
    found = rule.match[0].replace("*", "") if rule.match else "refused"
    return {"true": True, "false": False}.get(found, int(found) if found.isdigit() else found)


def _set(tree: dict[str, Any], headers: dict[str, str], path: str, value: Any) -> None:
    path = path.partition("|")[0]
    if path.startswith("header:"):
        headers[path.removeprefix("header:")] = str(value)
    elif path:
        mapping.put(tree, path.replace("[]", "[0]"), value)
