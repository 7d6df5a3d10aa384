"""What went wrong, read from an answer by the provider's own error table."""

from fnmatch import fnmatchcase
from typing import Any

from gateway.domain.outcome import Failure
from gateway.plan import Provider
from gateway.protocols import hint, mapping
from gateway.protocols.http import HttpResponse
from gateway.wire import ErrorRule, Step

MESSAGE_CHARACTERS = 300
# What an HTTP code means where the provider's table does not say.
_CODES = {
    401: "credential",
    402: "credential",
    403: "credential",
    408: "timeout",
    429: "capacity",
    504: "timeout",
}


def refusal(provider: Provider, step: Step, answer: HttpResponse, body: Any) -> Failure | None:
    """Return the failure that an answer tells of, also one that comes with a 200; nothing when it is well."""
    for rule in provider.errors:
        if _matches(rule, answer, body):
            return _failure(rule.error, provider, step, answer, body)
    if answer.status >= 400:
        return _failure(_by_code(answer.status), provider, step, answer, body)
    return None


def ended(provider: Provider, step: Step, answer: HttpResponse, body: Any) -> Failure:
    """Return the failure of a job that the provider itself calls failed, or that has no output."""
    return _failure("transient", provider, step, answer, body)


def _by_code(status: int) -> str:
    return _CODES.get(status, "transient" if status >= 500 else "request")


def _matches(rule: ErrorRule, answer: HttpResponse, body: Any) -> bool:
    if rule.status and answer.status not in rule.status:
        return False
    if rule.unless and mapping.get(body, rule.unless, answer.headers):
        return False
    if not rule.path:
        return bool(rule.status)
    values = [mapping.text(value) for value in mapping.get(body, rule.path, answer.headers)]
    if not rule.match:
        return bool(values)
    return any(fnmatchcase(value, pattern) for value in values for pattern in rule.match)


def _failure(error: str, provider: Provider, step: Step, answer: HttpResponse, body: Any) -> Failure:
    code = mapping.text(mapping.first(body, step.code, answer.headers)) or str(answer.status)
    code = code.partition(":http")[0]  # AWS names where the code is from: ThrottlingException:http://...
    message = mapping.first(body, step.message, answer.headers)
    said = message if isinstance(message, str) else f"{provider.name} answered {answer.status}"
    pause_s = hint.retry_after_s(provider, answer, body)
    throttled = error == "capacity" and answer.status == 429
    return Failure(error, code[:80], said[:MESSAGE_CHARACTERS], pause_s, throttled)
