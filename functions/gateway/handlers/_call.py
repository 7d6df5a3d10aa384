"""What a call brings along: who sent it, its body, the address that it reached us at."""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from gateway.errors import Forbidden, InvalidRequest, TooLarge
from gateway.flow.front import Caller
from gateway.handlers import _wiring
from gateway.handlers._reply import Streamed

BODY_BYTES = 256 * 1024
PAGE, LONGEST_PAGE = 20, 100

Event = dict[str, Any]
Reply = dict[str, Any]
# It gets the event and what stands in place of the pattern's names.
Route = Callable[..., Reply]
# Of the stream function: it also gets how much time is left, and whether its answer may be streamed.
Live = Callable[..., Reply | Streamed]


def caller(event: Event, scope: str) -> Caller:
    """Return whom the call's key belongs to.

    Raises:
        Forbidden: the key lacks the scope.
    """
    known = event["requestContext"].get("authorizer") or {}
    scopes = tuple(str(known.get("scopes", "")).split())
    if scope not in scopes:
        raise Forbidden(
            f"this key lacks the scope {scope!r}; it has {', '.join(scopes) or 'none'}.", code="not_allowed"
        )
    return Caller(str(known["tenant"]), str(known["id"]), str(known.get("tier", "")), scopes)


def body(event: Event, most: int = BODY_BYTES) -> dict[str, Any]:
    """Read the call's JSON object.

    Raises:
        TooLarge: it is longer than calls may be.
        InvalidRequest: it is none.
    """
    text = event.get("body") or ""
    if len(text) > most:
        raise TooLarge(
            f"the body has {len(text)} characters, {most} are the most; give media as URLs.",
            code="body_too_large",
        )
    if event.get("isBase64Encoded"):
        import base64

        text = base64.b64decode(text)
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"the body is not JSON: {error}.", code="invalid_json") from error
    if not isinstance(found, dict):
        raise InvalidRequest("the body must be a JSON object.", code="invalid_json")
    return found


def base_url(event: Event) -> str:
    """Return our own address: the configured one, else the one that API Gateway was reached at."""
    if configured := _wiring.setting("PUBLIC_URL"):
        return configured
    at = event["requestContext"]
    host = str(at.get("domainName", ""))
    return f"https://{host}/{at['stage']}" if ".execute-api." in host else f"https://{host}"


def own_hosts(event: Event) -> tuple[str, ...]:
    """Return our own host, where no URL of a caller may lead."""
    return (urlsplit(base_url(event)).hostname or "",)


def path(event: Event) -> str:
    """Return the path as it was written, without a slash at its end."""
    return str(event["path"]).rstrip("/") or "/"


def page_size(event: Event) -> int:
    """Return how many entries of a list the caller wants at once.

    Raises:
        InvalidRequest: ``limit`` is no number, or too large.
    """
    text = str((event.get("queryStringParameters") or {}).get("limit") or PAGE)
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= LONGEST_PAGE):
        wrong = f"limit: must be a whole number from 1 to {LONGEST_PAGE}, not {text[:20]!r}."
        raise InvalidRequest(wrong, code="invalid_parameter", param="limit")
    return int(text)


def names(pattern: str, asked: str) -> tuple[str, ...] | None:
    """Return what stands in place of a pattern's names, or ``None`` where a path is not of it.

    >>> names("jobs/{id}/redeliver", "jobs/gw_1/redeliver"), names("models/{name}", "models/fal/veo%2F3")
    (('gw_1',), ('fal/veo/3',))
    >>> names("jobs/{id}", "jobs/gw_1/redeliver"), names("jobs", "jobs")
    (None, ())
    """
    wanted = pattern.split("/")
    given = asked.split("/", len(wanted) - 1)
    if len(given) != len(wanted) or (wanted[-1] == "{id}" and "/" in given[-1]):
        return None
    pairs = list(zip(wanted, given, strict=True))
    if not all(want.startswith("{") or want == got for want, got in pairs):
        return None
    found = tuple(unquote(got) for want, got in pairs if want.startswith("{"))
    return found if all(found) else None
