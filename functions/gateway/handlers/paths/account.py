"""What Segmind's SDK asks beside models: files, requests that were, what is left, who one is."""

from collections.abc import Mapping
from datetime import UTC, datetime

from gateway.domain import history, link, media, segmind, upload
from gateway.errors import NotFound
from gateway.flow import history as histories
from gateway.flow import upload as uploads
from gateway.handlers import _wiring
from gateway.handlers._call import Event, Reply, Route, base_url, body, caller
from gateway.handlers._reply import reply
from gateway.handlers.paths.segmind import found, told, urls

_ports = _wiring.the_ports()
# Lambda takes 6 MiB, in which a body comes in base64.
MOST_UPLOAD_BYTES = 4_500_000


@told
def _upload(event: Event) -> Reply:
    """Keep files that came as data URLs; their links are good wherever a model takes a file."""
    sender = caller(event, "submit")
    files = segmind.files(body(event, MOST_UPLOAD_BYTES))
    kept = [_kept(sender.tenant, data, f"data_urls[{number}]") for number, data in enumerate(files)]
    links = [_link(event, sender.tenant, reference) for reference in kept]
    return reply(200, {"file_urls": links, "message": "Files uploaded successfully; they are kept for a day"})


@told
def _history(event: Event) -> Reply:
    return _listed(event, _query(event))


@told
def _generations(event: Event) -> Reply:
    """List requests that made something."""
    return _listed(event, {**_query(event), "status": "COMPLETED"})


@told
def _request(event: Event, request_id: str) -> Reply:
    job = found(event, request_id)
    return reply(200, segmind.row(job, urls(event, job)))


@told
def _models(event: Event) -> Reply:
    caller(event, "read")
    return reply(200, segmind.models(_ports.plan))


@told
def _credits(event: Event) -> Reply:
    """Tell what is left of the month's allowance, where the key's tier has one."""
    sender = caller(event, "read")
    tier = _ports.plan.tiers.get(sender.tier)
    if tier is None or tier.allowance_micros is None:
        raise NotFound("No credits found for the user", code="no_allowance")
    month = datetime.fromtimestamp(_ports.now(), UTC).strftime("%Y-%m")
    left = tier.allowance_micros - _ports.ledger.billed(sender.tenant, month)
    return reply(200, {"credits": max(0, left) / 1_000_000})


@told
def _account(event: Event) -> Reply:
    sender = caller(event, "read")
    facts = {"id": sender.key_id, "team": sender.tenant, "tier": sender.tier, "scopes": list(sender.scopes)}
    return reply(200, facts)


def _kept(tenant: str, data: bytes, name: str) -> str:
    kind = upload.kind_of(media.sniff(data[: uploads.HEAD_BYTES])) or "image"
    return uploads.take(_ports, tenant, data, kind, name)


def _link(event: Event, tenant: str, reference: str) -> str:
    key, ends_at = upload.key_of(tenant, reference), upload.expires_at(reference)
    return f"{base_url(event)}/v1/files/{link.sign(key, ends_at, _wiring.link_secret())}"


def _query(event: Event) -> Mapping[str, str]:
    return event.get("queryStringParameters") or {}


def _listed(event: Event, query: Mapping[str, str]) -> Reply:
    sender, wanted = caller(event, "read"), history.read(query, _ports.now())
    page, total = histories.page(_ports, sender.tenant, wanted)
    rows = [segmind.row(job, urls(event, job)) for job in page]
    return reply(200, {"data": rows, "page": wanted.page, "per_page": wanted.per_page, "total": total})


ROUTES: dict[tuple[str, str], Route] = {
    ("POST", "/upload-asset"): _upload,
    ("GET", "/inference-request/request-history"): _history,
    ("GET", "/inference-request/request-history/{id}"): _request,
    ("GET", "/inference-request/generations"): _generations,
    ("GET", "/inference-request/recent-generations"): _generations,
    ("GET", "/inference-model-information/list"): _models,
    ("GET", "/api/auth/authenticate"): _account,
    ("GET", "get-user-credits"): _credits,
}
