"""A customer's own bucket as a place to deliver to: what is asked of it, and what we ask of ourselves. Pure.

We come in by a role of the customer's account, with an external id that we made: so nobody who knows the role
alone can have us write there. Source: IAM User Guide, "The confused deputy problem", read 2026-11-24.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from gateway.domain.request import kind_of
from gateway.errors import InvalidRequest

# Our own permission to assume roles names them by this beginning.
ROLE_PREFIX = "sluice-"
OBJECT_ACTIONS = (
    "s3:PutObject",
    "s3:GetObject",
    "s3:DeleteObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
)
_FORMS = {
    "name": (r"[a-z0-9][a-z0-9-]{0,62}", "lower-case letters, digits and hyphens, 63 at most"),
    "bucket": (r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the name of an S3 bucket"),
    "role_arn": (
        r"arn:aws[a-z-]*:iam::\d{12}:role/sluice-[\w+=,.@-]{1,57}",
        f"the ARN of a role without a path whose name begins with {ROLE_PREFIX!r}",
    ),
    "prefix": (r"([A-Za-z0-9!_.()-]+/?)*", "a path such as 'renders/2026/'"),
    "region": (r"([a-z]{2}(-[a-z]+)+-\d)?", "the name of an AWS region"),
}
_FORM_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Destination:
    """A bucket that a tenant has results delivered to.

    Args:
        prefix: of every key, empty or with a slash at its end.
        region: of the bucket; empty is our own.
        external_id: what the role's trust must ask of us.
        verified_at: when we last wrote there by the role; nothing is delivered before.
    """

    tenant: str
    name: str
    bucket: str
    prefix: str
    role_arn: str
    region: str
    external_id: str
    created_at: float
    verified_at: float | None = None

    @property
    def owner(self) -> str:
        """The account that the role is of, which must be the bucket's."""
        return self.role_arn.split(":")[4]


def read(body: Mapping[str, Any], tenant: str, external_id: str, now: float) -> Destination:
    """Check what an operator registers.

    Raises:
        InvalidRequest: a field is missing, unknown, or not of its form.
    """
    if unknown := sorted(body.keys() - _FORMS.keys()):
        raise InvalidRequest(
            f"{unknown[0]}: is not a field of a destination. Known: {', '.join(_FORMS)}.",
            code="unknown_parameter",
            param=unknown[0],
        )
    given = {name: _field(body, name) for name in _FORMS}
    if given["prefix"] and not given["prefix"].endswith("/"):
        given["prefix"] += "/"
    return Destination(
        tenant=tenant,
        name=given["name"],
        bucket=given["bucket"],
        prefix=given["prefix"],
        role_arn=given["role_arn"],
        region=given["region"],
        external_id=external_id,
        created_at=now,
    )


def session(at: Destination) -> dict[str, Any]:
    """Return all that we permit ourselves under the role, however much it permits.

    A bucket that encrypts by a key of the customer's needs that key, too, where the role permits it.
    """
    key: dict[str, Any] = {
        "Effect": "Allow",
        "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
        "Resource": "*",
        "Condition": {"StringLike": {"kms:ViaService": "s3.*"}},
    }
    policy = permissions(at)
    return {**policy, "Statement": [*policy["Statement"], key]}


def permissions(at: Destination) -> dict[str, Any]:
    """Return what the role must permit."""
    partition = at.role_arn.split(":")[1]
    bucket = f"arn:{partition}:s3:::{at.bucket}"
    listing: dict[str, Any] = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket}
    if at.prefix:
        listing["Condition"] = {"StringLike": {"s3:prefix": f"{at.prefix}*"}}
    objects = {"Effect": "Allow", "Action": list(OBJECT_ACTIONS), "Resource": f"{bucket}/{at.prefix}*"}
    return {"Version": "2012-10-17", "Statement": [objects, listing]}


def trust(at: Destination, account: str) -> dict[str, Any]:
    """Return what the role's trust policy must say.

    Args:
        account: ours.
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:{at.role_arn.split(':')[1]}:iam::{account}:root"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": at.external_id}},
            }
        ],
    }


def linked(at: Destination, key: str) -> str:
    """Write a file of a destination as a link names it; our own files' keys begin otherwise."""
    return "d" + msgspec.json.encode((at.tenant, at.name, key)).decode()


def link_of(text: str) -> tuple[str, str, str] | None:
    """Return tenant, name and key of what ``linked`` wrote; nothing for a file of our own.

    >>> link_of("r30/acme/gw_1/1/0.png")
    >>> link_of('d["acme","films","gw_1/1/0.mp4"]')
    ('acme', 'films', 'gw_1/1/0.mp4')
    """
    return msgspec.json.decode(text[1:], type=tuple[str, str, str]) if text.startswith("d[") else None


def _field(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    form, words = _FORMS[name]
    if value is None and name not in ("prefix", "region"):
        raise InvalidRequest(f"{name}: is required: {words}.", code="missing_parameter", param=name)
    text = "" if value is None else value
    if not isinstance(text, str) or len(text) > _FORM_LENGTH or not re.fullmatch(form, text, re.ASCII):
        found = repr(text[:60]) if isinstance(text, str) else kind_of(text)
        raise InvalidRequest(f"{name}: must be {words}, not {found}.", code="invalid_parameter", param=name)
    return text
