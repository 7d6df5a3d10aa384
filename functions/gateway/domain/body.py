"""The body of a call: fields that steer the gateway, with their types checked; all else are parameters."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from gateway.domain.request import Request, kind_of
from gateway.errors import InvalidRequest

# Fields of a body that steer the gateway; everything else is a parameter of the model.
STEERING = (
    "fallback",
    "byok",
    "webhook_url",
    "customer_id",
    "metadata",
    "region",
    "deadline",
    "delivery",
    "max_usd",
    "operation",
)
# The largest text that a key of KMS seals.
KEY_BYTES = 4096
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)", re.ASCII)


def read_job(body: Mapping[str, Any]) -> Request:
    """Read the body of ``POST /v1/jobs``, where the parameters stand by themselves in ``input``.

    Raises:
        InvalidRequest: it has no model, a field that is none, or one of the wrong type.
    """
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise InvalidRequest(
            "model: is required; GET /v1/models lists them.", code="missing_parameter", param="model"
        )
    steering = {name: value for name, value in body.items() if name not in ("model", "input")}
    require_fields(steering, STEERING, ("model", "input"))
    return read({**parameters_of(body), **steering}, model)


def read_line(body: Mapping[str, Any]) -> Request:
    """Read a line of a batch: the body of ``POST /v1/jobs``, and a name for its result.

    Raises:
        InvalidRequest: as for that call; or it brings a key, which must not lie in a file.
    """
    asked = read_job({name: value for name, value in body.items() if name != "custom_id"})
    if asked.byok:
        raise InvalidRequest(
            "byok: is not taken in a batch, because its lines are stored; send such a job by itself.",
            code="invalid_parameter",
            param="byok",
        )
    return asked


def parameters_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what stands in ``input``.

    Raises:
        InvalidRequest: it is no object.
    """
    given = body.get("input", {})
    if not isinstance(given, dict):
        raise InvalidRequest(
            "input: must be an object of parameters.", code="invalid_parameter", param="input"
        )
    return given


def require_fields(given: Iterable[str], known: Sequence[str], besides: Sequence[str]) -> None:
    """Check that all fields are ones that this call takes.

    Raises:
        InvalidRequest: one is not.
    """
    if unknown := sorted(set(given) - set(known)):
        raise InvalidRequest(
            f"{unknown[0]}: is not a field of a job; parameters belong into 'input'. "
            f"Known: {', '.join((*besides, *known))}.",
            code="unknown_parameter",
            param=unknown[0],
        )


def read(body: Mapping[str, Any], model: str) -> Request:
    """Split a flat body into steering fields and parameters.

    Raises:
        InvalidRequest: a steering field has the wrong type.
    """
    parameters = {name: value for name, value in body.items() if name not in (*STEERING, "model")}
    return Request(
        model=model,
        parameters={name: value for name, value in parameters.items() if value is not None},
        operation=_text(body, "operation"),
        fallback=_names(body, "fallback"),
        byok=_keys(body),
        webhook_url=_webhook(body),
        customer_id=_text(body, "customer_id") or None,
        metadata=_texts(body, "metadata", "names to texts", empty=True),
        region=_text(body, "region"),
        deadline_s=_duration(body, "deadline"),
        retention_days=_retention(_delivery(body)),
        destination=_destination(_delivery(body)),
        max_micros=_money(body, "max_usd"),
    )


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name) or ""
    if not isinstance(value, str):
        raise _wrong(name, "a string", value)
    return value


def _names(body: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _wrong(name, "a list of model names", value)
    return tuple(value)


def _texts(body: Mapping[str, Any], name: str, form: str, *, empty: bool = False) -> dict[str, str]:
    value = body.get(name) or {}
    if not isinstance(value, dict):
        raise _wrong(name, f"an object of {form}", value)
    for key, item in value.items():
        if not isinstance(item, str) or not (item or empty):
            raise _wrong(f"{name}.{key}", "a text" if empty else "a text that is not empty", item)
    return value


def _keys(body: Mapping[str, Any]) -> dict[str, str]:
    keys = _texts(body, "byok", "provider names to keys")
    for name, key in keys.items():
        if (size := len(key.encode(errors="replace"))) > KEY_BYTES:
            raise InvalidRequest(
                f"byok.{name}: has {size} bytes, {KEY_BYTES} are the most of a key.",
                code="invalid_parameter",
                param=f"byok.{name}",
            )
    return keys


def _webhook(body: Mapping[str, Any]) -> str:
    """Read the URL to tell; whether its address may be called is looked at when it is called."""
    value = _text(body, "webhook_url")
    try:
        parts = urlsplit(value)
        fine = not value or (parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0)
    except ValueError:
        fine = False
    if not fine:
        raise InvalidRequest(
            "webhook_url: must be a URL such as https://example.com/hook.",
            code="invalid_parameter",
            param="webhook_url",
        )
    return value


def _delivery(body: Mapping[str, Any]) -> Mapping[str, Any]:
    delivery = body.get("delivery") or {}
    if not isinstance(delivery, dict) or delivery.keys() - {"retention", "destination"}:
        raise InvalidRequest(
            "delivery: takes an object with 'retention', such as {\"retention\": \"7d\"}, and 'destination'.",
            code="invalid_parameter",
            param="delivery",
        )
    return delivery


def _destination(delivery: Mapping[str, Any]) -> str:
    name = delivery.get("destination")
    if name is not None and (not isinstance(name, str) or not name):
        raise _wrong("delivery.destination", "the name of a destination", name)
    return name or ""


def _retention(delivery: Mapping[str, Any]) -> int | None:
    retention = delivery.get("retention")
    if retention is None:
        return None
    if not isinstance(retention, str) or not re.fullmatch(r"[1-9]\d{0,3}d", retention, re.ASCII):
        raise _wrong("delivery.retention", "whole days, such as '7d'", retention)
    return int(retention[:-1])


def _duration(body: Mapping[str, Any], name: str) -> float | None:
    value = body.get(name)
    if value is None:
        return None
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    seconds = float(found[1]) * _SECONDS[found[2]] if found else 0
    if not seconds:
        given = repr(value[:20]) if isinstance(value, str) else kind_of(value)
        raise InvalidRequest(
            f"{name}: must be a duration above zero, such as '90s', '5m' or '1h', not {given}.",
            code="invalid_parameter",
            param=name,
        )
    return seconds


def _money(body: Mapping[str, Any], name: str) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise _wrong(name, "a positive number of US dollars", value)
    return round(value * 1_000_000)


def _wrong(name: str, wanted: str, value: Any) -> InvalidRequest:
    return InvalidRequest(
        f"{name}: must be {wanted}, not {kind_of(value)}.", code="invalid_parameter", param=name
    )
