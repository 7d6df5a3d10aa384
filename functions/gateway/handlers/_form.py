"""Bodies that may be forms with files in them, as OpenAI's clients send them."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from gateway.domain import form
from gateway.domain.form import File
from gateway.domain.openai import field
from gateway.errors import TooLarge
from gateway.handlers._call import Event, body
from gateway.handlers._header import header
from gateway.plan import Parameter, Plan

# A function takes an event of 6 MB, in which a form is a third longer.
FORM_BYTES = 4_500_000


@dataclass(frozen=True, slots=True)
class Sent:
    """A body: what it says as JSON would, and the files that came along."""

    given: dict[str, Any]
    files: Mapping[str, Sequence[File]]

    @property
    def told(self) -> dict[str, Any]:
        """What the call is told from others by: its files by their contents."""
        hashes = {name: [sha256(each.data).hexdigest() for each in of] for name, of in self.files.items()}
        return {**self.given, "files": hashes} if hashes else self.given


def read(event: Event, plan: Plan) -> Sent:
    """Read a call's body, a form or JSON.

    Raises:
        TooLarge: the form is longer than what reaches a function.
        InvalidRequest: it is neither.
    """
    content_type = header(event, "content-type") or ""
    if not form.is_form(content_type):
        return Sent(body(event), {})
    text = event.get("body") or ""
    data = base64.b64decode(text) if event.get("isBase64Encoded") else text.encode()
    if len(data) > FORM_BYTES:
        raise TooLarge(
            f"the form has {len(data)} bytes, and {FORM_BYTES} are the most. Send its files with "
            "POST /v1/uploads, and give their references as texts in the same fields.",
            code="body_too_large",
        )
    sent = form.read(data, content_type)
    return Sent(field.typed(sent.fields, _known(plan, sent.fields)), sent.files)


def _known(plan: Plan, fields: Mapping[str, tuple[str, ...]]) -> dict[str, Parameter]:
    """Return all parameters of the model that a form names, by OpenAI's names for them, too."""
    route = plan.routes.get(fields.get("model", ("",))[0])
    models = [plan.model_of(target) for target in route.targets] if route else []
    known = {name: p for model in models for name, p in model.parameters.items()}
    return known | dict.fromkeys(("prompt", "model", "user", "input"), Parameter())
