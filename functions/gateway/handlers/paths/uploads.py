"""Uploads: a signed form for one file, and the reference to use it by."""

from gateway.domain import upload
from gateway.flow import upload as uploads
from gateway.handlers import _wiring
from gateway.handlers._call import Event, Reply, Route, body, caller
from gateway.handlers._repeat import taking
from gateway.handlers._reply import reply

_ports = _wiring.the_ports()


def _create(event: Event) -> Reply:
    sender, given = caller(event, "submit"), body(event)
    wanted = upload.read(given)
    take, headers = taking(event, sender, given)
    begun = uploads.begin(_ports, sender.tenant, wanted, take)
    form_ends_at = upload.expires_at(begun.id) - upload.KEPT_S + upload.FORM_S
    return reply(
        201,
        {
            "id": begun.id,
            "object": "upload",
            "reference": begun.id,
            "content_type": wanted.content_type,
            "max_bytes": wanted.most,
            "expires_at": upload.moment(upload.expires_at(begun.id)),
            "upload": {
                "method": "POST",
                "url": begun.form.url,
                "fields": begun.form.fields,
                "expires_at": upload.moment(form_ends_at),
            },
        },
        headers,
    )


ROUTES: dict[tuple[str, str], Route] = {("POST", "uploads"): _create}
