"""Calls that may come twice: what their ``Idempotency-Key`` makes of them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from gateway.domain import repeat
from gateway.domain.repeat import Repeat
from gateway.flow import repeat as repeats
from gateway.flow.front import Caller
from gateway.handlers import _wiring
from gateway.handlers._call import Event, path
from gateway.handlers._header import header

_ports = _wiring.the_ports()


def repeat_of(event: Event, sender: Caller, given: dict[str, Any]) -> Repeat | None:
    """Tell this call from others, if it has an ``Idempotency-Key``."""
    text = header(event, "idempotency-key")
    if text is None:
        return None
    return repeat.read(text, sender.key_id, f"{event['httpMethod']} {unquote(path(event))}", given)


def resendable(event: Event, sender: Caller, given: dict[str, Any]) -> Repeat | None:
    """Tell this call from others, also where it has no key, but comes from a client that counts its tries.

    Source: openai 2.54.0 and 7.57.0 (Node) send ``x-stainless-retry-count``, 0 with the first try, and no
    ``Idempotency-Key``; read 2026-11-25.
    """
    tries = header(event, "x-stainless-retry-count")
    named = repeat_of(event, sender, given)
    if named or tries is None:
        return named
    call = repeat.unnamed(sender.key_id, f"{event['httpMethod']} {unquote(path(event))}", given)
    return repeats.resent(_ports, call, again=tries != "0")


def taking(
    event: Event, sender: Caller, given: dict[str, Any]
) -> tuple[Callable[[str], str], dict[str, str]]:
    """Return what turns a fresh name into the one that this call took when it came first.

    Returns:
        It, and the headers of the answer, which say so once it was asked.
    """
    call, headers = repeat_of(event, sender, given), dict[str, str]()

    def take(fresh: str) -> str:
        name = repeats.claim(_ports, call, fresh) if call else fresh
        if name != fresh:
            headers["idempotency-replayed"] = "true"
        return name

    return take, headers
