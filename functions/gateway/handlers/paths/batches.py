"""Batches: many jobs from one file of lines; looked at, listed, canceled."""

from typing import Any

from gateway.domain import report as documents
from gateway.domain.batch import Batch
from gateway.flow.batch import cancel, report, submit
from gateway.handlers import _wiring
from gateway.handlers._call import Event, Reply, Route, base_url, body, caller, page_size
from gateway.handlers._repeat import repeat_of
from gateway.handlers._reply import reply

_desk = _wiring.the_desk()
# How long a call goes on canceling jobs; its function has thirty seconds.
CANCEL_S = 10


def _create(event: Event) -> Reply:
    sender, given = caller(event, "submit"), body(event)
    asked, call = submit.read(given), repeat_of(event, sender, given)
    batch, new = submit.submit(_desk, sender, asked, base_url(event), call)
    _wiring.logger.info("batch accepted" if new else "batch asked for again", batch=batch.id)
    again = {} if new else {"idempotency-replayed": "true"}
    return _reply(event, batch, again)


def _get(event: Event, batch_id: str) -> Reply:
    batch = cancel.look(_desk, caller(event, "read").tenant, batch_id)
    return {**_reply(event, batch), "statusCode": 200}


def _list(event: Event) -> Reply:
    tenant = caller(event, "read").tenant
    asked = event.get("queryStringParameters") or {}
    count = page_size(event)
    found = _desk.batches.page(tenant, count + 1, str(asked.get("after") or ""))
    page = [_document(event, batch) for batch in found[:count]]
    return reply(200, {"object": "list", "data": page, "has_more": len(found) > count})


def _cancel(event: Event, batch_id: str) -> Reply:
    until = _desk.ports.now() + CANCEL_S
    batch = cancel.cancel(_desk, caller(event, "submit").tenant, batch_id, until)
    _wiring.logger.info("batch canceled", batch=batch.id)
    return _reply(event, batch)


def _reply(event: Event, batch: Batch, more: dict[str, str] | None = None) -> Reply:
    headers = dict(more or {})
    if not batch.ended:
        headers |= {"retry-after": "5", "location": f"{base_url(event)}/v1/batches/{batch.id}"}
    return reply(200 if batch.ended else 202, _document(event, batch), headers)


def _document(event: Event, batch: Batch) -> dict[str, Any]:
    counts = report.counts_of(_desk, batch)
    return documents.document(batch, counts, base_url(event), _wiring.link_secret)


ROUTES: dict[tuple[str, str], Route] = {
    ("POST", "batches"): _create,
    ("GET", "batches"): _list,
    ("GET", "batches/{id}"): _get,
    ("DELETE", "batches/{id}"): _cancel,
}
