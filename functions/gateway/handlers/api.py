"""The API: an HTTP event becomes one call, its result a reply."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import msgspec

from gateway.domain import link, pricing, repeat, request, routing, view, webhook
from gateway.domain.job import Job
from gateway.errors import Forbidden, GatewayError, InvalidRequest, NotFound, OurError, TooLarge
from gateway.flow import accept, cancel, health, pool
from gateway.flow import repeat as repeats
from gateway.flow.front import Caller
from gateway.handlers import _wiring
from gateway.handlers._header import header, patience
from gateway.handlers._reply import redirect, refusal, reply

BODY_BYTES = 256 * 1024

_ports = _wiring.the_ports()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Serve one request."""
    began = time.monotonic()
    headers = {"x-sluice-plan": _ports.plan.hash}
    try:
        answer = _route(event)
    except GatewayError as error:
        answer = refusal(error, headers)
    except Exception as error:
        _wiring.logger.error(
            "a request failed", path=_shape(event), error=type(error).__name__, exc_info=True
        )
        unknown = OurError("something broke here; it is in the log.", code="internal_error", retryable=True)
        answer = refusal(unknown, headers)
    answer["headers"] |= headers
    answer["headers"].setdefault("x-sluice-overhead-ms", str(round((time.monotonic() - began) * 1000)))
    return answer


def _route(event: dict[str, Any]) -> dict[str, Any]:
    method, path = event["httpMethod"], _path(event)
    first, _, rest = path.removeprefix("/v1/").partition("/") if path.startswith("/v1/") else (path, "", "")
    found = ROUTES.get((method, first, bool(rest)))
    if found is not None:
        return found(event, unquote(rest))
    if any((other, first, bool(rest)) in ROUTES for other in ("GET", "POST")):
        raise NotFound(
            f"{method} {path} is not offered; GET /openapi.json lists what is.", code="path_not_found"
        )
    if method == "POST" and path.startswith("/v1/"):
        return _generate(event, unquote(path.removeprefix("/v1/")))
    raise NotFound(f"{method} {path} is not offered; GET /openapi.json lists what is.", code="path_not_found")


def _generate(event: dict[str, Any], model: str) -> dict[str, Any]:
    return _run(event, request.read(_body(event), model))


def _create_job(event: dict[str, Any], _: str) -> dict[str, Any]:
    body = _body(event)
    model, given = body.get("model"), body.get("input", {})
    if not isinstance(model, str) or not model:
        raise InvalidRequest(
            "model: is required; GET /v1/models lists them.", code="missing_parameter", param="model"
        )
    if not isinstance(given, dict):
        raise InvalidRequest(
            "input: must be an object of parameters.", code="invalid_parameter", param="input"
        )
    steering = {name: value for name, value in body.items() if name not in ("model", "input")}
    if unknown := sorted(steering.keys() - set(request.STEERING)):
        known = ", ".join(("model", "input", *request.STEERING))
        raise InvalidRequest(
            f"{unknown[0]}: is not a field of a job; parameters belong into 'input'. Known: {known}.",
            code="unknown_parameter",
            param=unknown[0],
        )
    return _run(event, request.read({**given, **steering}, model))


def _run(event: dict[str, Any], asked: request.Request) -> dict[str, Any]:
    caller = _caller(event, "submit")
    patient = patience(event)
    call = _repeat(event, caller)
    taken = repeats.take_in(_ports, caller, asked, _base_url(event), call)
    job, word = taken.job, "job accepted" if taken.new else "job asked for again"
    _wiring.logger.info(word, job=job.id, model=job.model, operation=job.operation, key=job.key_id)
    go_on = accept.run if taken.new else repeats.go_on
    job = go_on(_ports, job, patient.wait_s, patient.named)
    return _job_reply(event, job, patient.headers | taken.headers)


def _repeat(event: dict[str, Any], caller: Caller) -> repeat.Repeat | None:
    """Tell this call from others, if it has an ``Idempotency-Key``."""
    text = header(event, "idempotency-key")
    if text is None:
        return None
    return repeat.read(text, caller.key_id, f"{event['httpMethod']} {unquote(_path(event))}", _body(event))


def _cancel_job(event: dict[str, Any], job_id: str) -> dict[str, Any]:
    job = cancel.cancel(_ports, _caller(event, "submit").tenant, job_id)
    _wiring.logger.info("job canceled", job=job.id, status=job.status)
    return _job_reply(event, job)


def _get_job(event: dict[str, Any], job_id: str) -> dict[str, Any]:
    job = _ports.jobs.get(_caller(event, "read").tenant, job_id)
    if job is None:
        raise NotFound(f"no job {job_id[:40]!r} under this key's tenant.", code="job_not_found", param="id")
    reading = _job_reply(event, job)
    return {**reading, "statusCode": 200}


def _job_reply(event: dict[str, Any], job: Job, more: dict[str, str] | None = None) -> dict[str, Any]:
    document = view.job_document(job, _base_url(event), _wiring.link_secret, pool.turn_of(_ports, job))
    headers = {**(more or {}), "x-sluice-job": job.id, "x-sluice-attempts": str(len(job.attempts))}
    if job.attempts:
        headers["x-sluice-provider"] = job.attempt.provider
        busy_ms = sum(
            round(((a.finished_at or _ports.now()) - (a.started_at or a.reserved_at)) * 1000)
            for a in job.attempts
        )
        spent_ms = round(((job.finished_at or _ports.now()) - job.created_at) * 1000)
        headers["x-sluice-overhead-ms"] = str(max(0, spent_ms - busy_ms))
    micros = view.cost_micros(job)
    if job.ended and micros is not None:
        headers["x-sluice-cost-usd"] = pricing.usd(micros)
    if not job.ended:
        headers |= {"retry-after": "2", "location": f"{_base_url(event)}/v1/jobs/{job.id}"}
    return reply(200 if job.ended else 202, document, headers)


def _get_file(event: dict[str, Any], file_id: str) -> dict[str, Any]:
    key = link.verify(file_id, _ports.now(), _wiring.link_secret())
    return redirect(_wiring.the_artifacts().link(key))


def _list_models(event: dict[str, Any], _: str) -> dict[str, Any]:
    _caller(event, "read")
    routes = [route for route in _ports.plan.routes.values() if route.listed]
    return reply(
        200, {"object": "list", "data": [view.model_document(_ports.plan, route) for route in routes]}
    )


def _get_model(event: dict[str, Any], name: str) -> dict[str, Any]:
    _caller(event, "read")
    return reply(200, view.model_document(_ports.plan, routing.route_of(_ports.plan, name)))


def _health(event: dict[str, Any], _: str) -> dict[str, Any]:
    return reply(200, {"status": "ok", "plan": _ports.plan.hash})


def _openapi(event: dict[str, Any], _: str) -> dict[str, Any]:
    text = (_wiring.PACKAGE / "openapi.json").read_text()
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": text}


def _providers(event: dict[str, Any], _: str) -> dict[str, Any]:
    _caller(event, "read")
    return reply(200, {"object": "list", "data": health.targets(_ports)})


def _webhook_secret(event: dict[str, Any], _: str) -> dict[str, Any]:
    caller = _caller(event, "read")
    secret = webhook.secret_of(caller.key_id, _wiring.link_secret())
    return reply(200, {"object": "webhook_secret", "secret": webhook.shown(secret)})


ROUTES: dict[tuple[str, str, bool], Callable[[dict[str, Any], str], dict[str, Any]]] = {
    ("GET", "/health", False): _health,
    ("GET", "/openapi.json", False): _openapi,
    ("POST", "jobs", False): _create_job,
    ("GET", "jobs", True): _get_job,
    ("DELETE", "jobs", True): _cancel_job,
    ("GET", "files", True): _get_file,
    ("GET", "health", True): _providers,
    ("GET", "webhook-secret", False): _webhook_secret,
    ("GET", "models", False): _list_models,
    ("GET", "models", True): _get_model,
}


def _caller(event: dict[str, Any], scope: str) -> Caller:
    known = event["requestContext"].get("authorizer") or {}
    scopes = tuple(str(known.get("scopes", "")).split())
    if scope not in scopes:
        raise Forbidden(
            f"this key lacks the scope {scope!r}; it has {', '.join(scopes) or 'none'}.", code="not_allowed"
        )
    return Caller(str(known["tenant"]), str(known["id"]), str(known.get("tier", "")), scopes)


def _body(event: dict[str, Any]) -> dict[str, Any]:
    text = event.get("body") or ""
    if len(text) > BODY_BYTES:
        raise TooLarge(
            f"the body has {len(text)} characters, {BODY_BYTES} are the most; give media as URLs.",
            code="body_too_large",
        )
    if event.get("isBase64Encoded"):
        import base64

        text = base64.b64decode(text)
    try:
        body = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"the body is not JSON: {error}.", code="invalid_json") from error
    if not isinstance(body, dict):
        raise InvalidRequest("the body must be a JSON object.", code="invalid_json")
    return body


def _base_url(event: dict[str, Any]) -> str:
    """Return our own address: the configured one, else the one that API Gateway was reached at."""
    if configured := _wiring.setting("PUBLIC_URL"):
        return configured
    at = event["requestContext"]
    host = str(at.get("domainName", ""))
    return f"https://{host}/{at['stage']}" if ".execute-api." in host else f"https://{host}"


def _path(event: dict[str, Any]) -> str:
    return str(event["path"]).rstrip("/") or "/"


def _shape(event: dict[str, Any]) -> str:
    return f"{event.get('httpMethod')} {event.get('resource')}"
